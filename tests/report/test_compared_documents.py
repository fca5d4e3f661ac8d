"""Reports and manifests with which a run is compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.comparison import (
    ComparisonError,
    past,
    read,
    run_of,
)
from conformance.report.document import document, with_comparison
from conformance.report.json import encode
from conformance.verification.result import Report
from tests.report.past_runs import PASSES, WHEN, change_lines, changed, run
from tests.report_schema import assert_valid

# Documents


def test_a_comparison_is_valid_and_a_run_has_not_changed_since_itself(verified: Callable[..., Report]) -> None:
    before = run_of(document([verified()]))
    report = json.loads(encode(with_comparison(document([verified("no-azure-role")]), before)))
    assert_valid(json.dumps(report))
    comparison = report["comparison"]["connections"]["contoso"]
    assert "RBAC-001" in [check["check"] for check in comparison["newly_failing"]]
    assert not comparison["newly_passing"]
    assert not changed(before, before)


def test_without_a_previous_run_there_is_no_comparison(verified: Callable[..., Report]) -> None:
    assert "comparison" not in json.loads(verified().json())


def test_a_written_report_can_be_compared_with(verified: Callable[..., Report], tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(verified().json())
    report = read(tmp_path / "report.json")
    assert report.connections == run_of(document([verified()])).connections


MANIFEST = {
    "schema": "sentinel-conformance/cassette/1",
    "name": "contoso",
    "recorded": "2026-11-24T02:10:00Z",
    "suite": "0.1.0",
    "checks_version": "2026.11",
    "checks": [{"id": "LA-001", "outcome": "passed", "cause": None, "blocked_by": None}],
    "shapes": {"graph.alerts": ["a: string"]},
}


def test_a_manifest_of_a_cassette_is_the_run_of_one_connection(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({**MANIFEST, "anything": "else"}))
    assert past(str(path), ["contoso"]) == run(PASSES, graph_alerts=["a: string"])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "no report and no manifest"),
        (b"\xff\xfe", "no report and no manifest"),
        (b"[" * 100_000, "no report and no manifest"),
        (b"[]", "no report and no manifest"),
        (b"{}", "neither a report nor the manifest of a cassette"),
        (b'{"schema": "sentinel-conformance/report/9"}', "neither a report nor the manifest of a cassette"),
        (b'{"schema": "sentinel-conformance/report/1"}', "no report and no manifest"),
        (b'{"schema": "sentinel-conformance/report/1", "run": 7}', "no report and no manifest"),
        (json.dumps({**MANIFEST, "recorded": "yesterday"}).encode(), "no report and no manifest"),
        (json.dumps({**MANIFEST, "name": "fabrikam"}).encode(), "has none of these connections, but fabrikam"),
    ],
)
def test_a_file_that_cannot_be_compared_is_an_error_of_one_line(
    content: bytes | None, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "previous.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ComparisonError) as error:
        past(str(path), ["contoso"])
    assert str(error.value).startswith(f"{path}: {why}")
    assert "\n" not in str(error.value)


@given(st.binary())
def test_any_other_content_is_refused(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        with pytest.raises(ComparisonError):
            read(Path(file.name))


def test_ages_of_a_previous_run_are_given_in_utc() -> None:
    later = run(PASSES, when=datetime.fromisoformat("2026-11-24T04:10:00+02:00"))
    assert change_lines(later, later) == ["since    2026-11-24 02:10 UTC (suite 0.1.0): nothing changed"]
    assert later.started - WHEN == timedelta()
