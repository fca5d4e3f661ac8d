"""The outputs of a run and their destinations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.outputs.delivery import Delivery, DeliveryError
from conformance.outputs.summary import ConnectionsSummary
from conformance.report.command import command
from conformance.report.summary import summary
from tests.contoso import SECRET
from tests.report.documents import RUNS, run


def option(**options: object) -> Callable[[str], object]:
    return options.get


def test_without_options_nothing_is_written(tmp_path: Path) -> None:
    job = tmp_path / "job.md"
    assert (
        Delivery.of(option(), {"GITHUB_STEP_SUMMARY": str(job)}).deliver(ConnectionsSummary(run(*RUNS["one-fault"])))
        == []
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_gets_every_form_and_a_job_its_summary(tmp_path: Path) -> None:
    document, job = run(*RUNS["one-fault"]), tmp_path / "job.md"
    job.write_text("before\n")
    where = Delivery.of(option(report=tmp_path / "out", language="de, en"), {"GITHUB_STEP_SUMMARY": str(job)})
    assert where.deliver(ConnectionsSummary(document)) == []
    assert {
        "report.json", "report.html", "summary.md", "badge.svg",
        "handback.html", "handback.md", "handback.en.html", "handback.en.md",
    } == {path.name for path in (tmp_path / "out").iterdir()}  # fmt: skip
    assert '<html lang="de">' in (tmp_path / "out" / "handback.html").read_text()
    assert job.read_bytes() == b"before\n" + summary(document)


@pytest.mark.parametrize("name", RUNS)
def test_no_form_shows_the_secret(tmp_path: Path, name: str) -> None:
    Delivery(tmp_path, ("en", "ja")).deliver(ConnectionsSummary(run(*RUNS[name])))
    for path in tmp_path.iterdir():
        assert SECRET not in path.read_text(), path


def test_an_output_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (problem,) = Delivery(tmp_path / "file" / "deep").deliver(ConnectionsSummary(run(*RUNS["healthy"])))
    assert problem.fatal
    assert problem.text.endswith("file/deep: the report cannot be written: Not a directory")
    (problem,) = Delivery(tmp_path / "out", job_summary=tmp_path).deliver(ConnectionsSummary(run(*RUNS["healthy"])))
    assert not problem.fatal
    assert problem.text == "GITHUB_STEP_SUMMARY: the summary cannot be written: Is a directory"


@pytest.mark.parametrize("name", ["language", "contact"])
def test_options_of_pages_need_a_report_folder(name: str) -> None:
    with pytest.raises(DeliveryError, match=f"--sentinel-{name} is for the pages of --sentinel-report"):
        Delivery.of(option(**{name: "de"}), {})


def test_the_page_to_open_first_is_returned_after_it_is_written(tmp_path: Path) -> None:
    where, summary_ = Delivery(tmp_path / "out"), ConnectionsSummary(run(*RUNS["healthy"]))
    assert where.write_report(summary_) is None
    where.deliver(summary_)
    assert where.write_report(summary_) == tmp_path / "out" / "report.html"


def test_an_unknown_language_is_bad_usage() -> None:
    with pytest.raises(DeliveryError, match="--sentinel-language: 'it' is none of en, de, fr, es, ja"):
        Delivery.of(option(language="de,it"), {})


def test_addresses_are_left_out_of_the_command_that_repeats_a_run() -> None:
    arguments = [
        "--sentinel-notify=slack://secret",
        "--sentinel-notify",
        "slack://secret",
        "--sentinel-config=conn.toml",
    ]
    assert command(arguments) == "pytest --sentinel-config=conn.toml"
