"""Links in the forms of a report: to the published site, or paths in docs/."""

from __future__ import annotations

import json

from conformance import verify
from conformance.fakes import Fake
from conformance.findings import Docs
from conformance.report.document import document
from conformance.report.html import page
from conformance.report.json import encode
from conformance.report.model import Document
from conformance.report.summary import summary
from tests.contoso import START, made_up
from tests.report.test_terminal import printed

CAUSE = "https://docs.example.com/sentinel/causes/secret_expired.html"
CHECK = "https://docs.example.com/sentinel/checks/AUTH-003.html"


def run(base: str | None) -> Document:
    report = verify(made_up(), source=Fake("expired-secret", START), checks=["AUTH-003"])
    return document([report], docs=Docs.at(base))


def test_every_form_links_to_the_published_site() -> None:
    report = run("https://docs.example.com/sentinel/")
    (connection,) = json.loads(encode(report))["connections"]
    assert [root_cause["docs"] for root_cause in connection["root_causes"]] == [CAUSE]
    assert [(check["docs"], check["finding"]["docs"]) for check in connection["checks"]] == [(CHECK, CAUSE)]
    assert f"docs    {CAUSE}" in printed(report, width=100)
    assert f"[`secret_expired`]({CAUSE})" in summary(report).decode()
    for link in (CAUSE, CHECK):
        assert f'href="{link}"' in page(report).decode()


def test_without_a_site_only_json_and_verbose_output_have_paths_in_the_repository() -> None:
    report = run(None)
    assert report.connections[0].root_causes[0].docs == "docs/findings.md#secret_expired"
    assert report.connections[0].checks[0].docs == "docs/checks.md#AUTH-003"
    assert "docs/" not in printed(report)
    assert "docs/findings.md#secret_expired" in printed(report, verbose=1)
    assert "docs/" not in summary(report).decode()
    assert "docs/findings.md" not in page(report).decode()
