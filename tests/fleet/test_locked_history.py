"""A history that another program holds keeps nothing from being verified; what it lacks is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from conformance.report.entry import entry
from conformance.results import history
from conformance.results.history import History
from conformance.results.journal import FILE, Journal
from conformance.results.store import RunStore
from conformance.verification.result import Report
from tests.contoso import made_up


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Another program, which has a transaction open on the history."""
    monkeypatch.setattr(history, "OPENING", 0.0)
    with History(tmp_path / "history.db"):
        pass
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


def finished(folder: Path, report: Report) -> RunStore:
    """What a run keeps that finished a connection."""
    kept = RunStore(Journal(folder / FILE), History(folder / "history.db").__enter__())
    kept.start({})
    kept.add(entry(report, made_up(), "all"))
    return kept


def test_what_is_missing_is_told(tmp_path: Path, other: sqlite3.Connection, verified: Callable[..., Report]) -> None:
    kept = finished(tmp_path, verified())
    assert len(list(kept.journal.entries())) == 1
    kept.close()
    assert "locked" in str(kept.problem)


def test_what_it_can_take_at_the_end_is_written_then(
    tmp_path: Path, other: sqlite3.Connection, verified: Callable[..., Report]
) -> None:
    kept = finished(tmp_path, verified())
    other.execute("ROLLBACK")
    kept.close()
    assert kept.problem is None
    with History(tmp_path / "history.db") as after:
        assert len(after.observations()) == 1
