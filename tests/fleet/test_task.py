"""The work of one process of a fleet: its input is paths and names, its output verdicts, never a secret."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from conformance.connection import load
from conformance.findings import Docs
from conformance.fleet import task
from conformance.fleet.task import ConnectionRef, Result, VerifySpec
from conformance.report.entry import fingerprint
from conformance.verification.baseline import Acceptance
from conformance.verification.verdict import ExitCode
from tests.contoso import SECRET
from tests.fleet.clusters import INLINE, write_fleet
from tests.fleet.fleet_of_six import fleet_of_six

ORDER = VerifySpec(
    "fake", ("AUTH-003", "RBAC-001"), "--checks AUTH-003,RBAC-001", datetime(2026, 11, 24, tzinfo=UTC), 60, 8
)


@pytest.fixture(autouse=True)
def _fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet_of_six(tmp_path, monkeypatch)


# Tasks of a worker


def places() -> list[ConnectionRef]:
    return [
        ConnectionRef(str(path.absolute()), connection.name)
        for path in sorted(Path("connections").glob("*.toml"))
        for connection in load(path, credentials=False)
    ]


def test_neither_a_task_nor_its_result_contains_a_secret() -> None:
    pickled = pickle.dumps((places(), ORDER))
    result = task.verify(places(), ORDER)
    assert pickle.loads(pickle.dumps(result)) == result
    assert len(result.entries) == 6
    for secret in (SECRET, INLINE):
        assert secret.encode() not in pickled + pickle.dumps(result)


def test_strict_mode_and_baseline_are_part_of_the_order() -> None:
    acceptance = Acceptance("AUTH-003", "a change is planned", date(2999, 1, 1))
    order = pickle.loads(
        pickle.dumps(replace(ORDER, strict=True, baseline=(acceptance,), docs=Docs("https://example.com")))
    )
    result = task.verify(places(), order)
    (expired,) = [entry.part for entry in result.entries if entry.name.endswith(".expired-secret")]
    assert [cause.cause for cause in expired.accepted] == ["secret_expired"]
    assert expired.accepted[0].docs.startswith("https://example.com/")
    assert not expired.root_causes


def test_an_entry_has_the_fingerprint_of_the_configured_connection() -> None:
    """Otherwise a resumed run would not recognize the connection."""
    write_fleet(Path("changed"), 1, (".common-tenant",))
    (file,) = Path("changed").glob("*.toml")
    (connection,) = load(file, credentials=False)
    (finished,) = task.verify([ConnectionRef(str(file), connection.name)], ORDER).entries
    assert finished.part.target.tenant_id == "common" != connection.tenant_id
    assert finished.fingerprint == fingerprint(connection, ORDER.source, ORDER.selection)
    assert finished.started == ORDER.started


def test_an_unreadable_file_fails_only_its_own_connections() -> None:
    refs = places()
    Path("connections/customers-01.toml").write_text("[connection")
    result = task.verify(refs, ORDER)
    assert sorted(entry.name for entry in result.entries) == ["tenant-000", "tenant-001.expired-secret", "tenant-002"]
    assert sorted(failure.name for failure in result.failures) == [
        "tenant-003.no-azure-role",
        "tenant-004",
        "tenant-005",
    ]
    assert {failure.exit_code for failure in result.failures} == {ExitCode.USAGE}


def test_an_unknown_name_is_a_failure() -> None:
    (trouble,) = task.verify([ConnectionRef(places()[0].file, "gone")], ORDER).failures
    assert "no connection 'gone' there" in trouble.text
    assert trouble.exit_code == ExitCode.USAGE


def test_a_task_raises_no_exception_and_returns_no_values_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message of an exception would be sent to the scheduler."""

    async def broken(*_: object) -> Result:
        raise LookupError(SECRET)

    monkeypatch.setattr(task, "_all", broken)
    result = task.verify(places(), ORDER)
    assert {failure.text for failure in result.failures} == {"an error of this suite: LookupError"}
    assert SECRET.encode() not in pickle.dumps(result)
