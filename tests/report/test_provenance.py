"""Every form of a report starts with a note if a simulation or a recording answered, and has none if services did."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from conformance.report.badge import badge
from conformance.report.handback.forms import handbacks
from conformance.report.html import page
from conformance.report.model import Document
from conformance.report.provenance import provenance
from conformance.report.summary import summary
from tests.report.documents import run
from tests.report.test_terminal import printed


def from_source(source: str) -> Document:
    document = run("no-azure-role")
    return msgspec.structs.replace(document, run=msgspec.structs.replace(document.run, source=source))


def forms(document: Document) -> Mapping[str, str]:
    """Return each form of the report as text, by name."""
    pages = {name: content.decode() for name, content in handbacks(document, ["en"])}
    files = {"report.html": page(document), "summary.md": summary(document), "badge.svg": badge(document)}
    return {**pages, "terminal": printed(document), **{name: content.decode() for name, content in files.items()}}


@pytest.mark.parametrize(
    ("source", "sign"),
    [("fake:no-azure-role", "simulation"), ("fake", "simulation"), ("cassette:contoso", "recording")],
)
def test_every_form_starts_with_the_note(source: str, sign: str, subtests: pytest.Subtests) -> None:
    for name, text in forms(from_source(source)).items():
        with subtests.test(form=name):
            assert sign in text.lower()


def test_a_report_of_the_services_has_no_note(subtests: pytest.Subtests) -> None:
    for name, text in forms(from_source("live")).items():
        with subtests.test(form=name):
            assert "simulation" not in text.lower()
            assert "recording" not in text.lower()


def test_a_recording_has_its_date_by_the_clock_of_the_services() -> None:
    document = from_source("cassette:contoso")
    dates = {check.evidence.date for check in document.connections[0].checks if check.evidence and check.evidence.date}
    origin = provenance(document)
    assert origin is not None
    assert origin.recorded == max(dates)
    assert f"{max(dates):%Y-%m-%d}" in origin.sentence
