"""A history that another program locks: connections are verified anyway, and a warning reports the missing rows."""

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
    """Yield the connection of another program, which has an open transaction on the history."""
    monkeypatch.setattr(history, "OPENING", 0.0)
    with History(tmp_path / "history.db"):
        pass
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        yield connection


def finished(folder: Path, report: Report) -> RunStore:
    """Return the store of a run that finished a connection."""
    store = RunStore(Journal(folder / FILE), History(folder / "history.db").__enter__())
    store.start({})
    store.add(entry(report, made_up(), "all"))
    return store


def test_missing_rows_are_reported(tmp_path: Path, other: sqlite3.Connection, verified: Callable[..., Report]) -> None:
    store = finished(tmp_path, verified())
    assert len(list(store.journal.entries())) == 1
    store.close()
    assert "locked" in str(store.problem)


def test_rows_are_written_at_the_end_if_the_history_is_unlocked_then(
    tmp_path: Path, other: sqlite3.Connection, verified: Callable[..., Report]
) -> None:
    store = finished(tmp_path, verified())
    other.execute("ROLLBACK")
    store.close()
    assert store.problem is None
    with History(tmp_path / "history.db") as after:
        assert len(after.observations()) == 1
