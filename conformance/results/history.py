"""The verdicts of each connection, run by run, in one SQLite file that several runs may write at the same time."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from conformance.errors import UsageError
from conformance.files.regular import FileError, open_file
from conformance.report.entry import Entry
from conformance.verification.verdict import VerdictStatus

LOCK_TIMEOUT = 30.0
"""The maximum time to wait while another run writes, in seconds."""
OPENING = 5.0
"""The same when the file is opened, before anything is verified: other runs lock the file for milliseconds only."""
LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

# Each script migrates a file to the next version; `user_version` is the number of scripts that have run.
MIGRATIONS = (
    """
    CREATE TABLE looks (
        id INTEGER PRIMARY KEY,
        started TEXT NOT NULL,
        connection TEXT NOT NULL,
        status TEXT NOT NULL,
        source TEXT NOT NULL,
        UNIQUE (started, connection)
    );
    CREATE TABLE causes (
        look INTEGER NOT NULL REFERENCES looks (id) ON DELETE CASCADE,
        cause TEXT NOT NULL,
        "check" TEXT NOT NULL,
        PRIMARY KEY (look, cause, "check")
    ) WITHOUT ROWID;
    """,
    """
    CREATE INDEX looks_of_a_connection ON looks (connection, started);
    """,
)


PERIOD, OF_CONNECTIONS = (
    "started >= :first",
    "connection IN (SELECT value FROM json_each(:names)) AND started >= :first",
)
"""Conditions for the observations of all connections, or of the named connections (found by an index)."""
SELECT_OBSERVATIONS = "SELECT id, started, connection, status, source FROM looks WHERE {} ORDER BY started, connection"
SELECT_CAUSES = 'SELECT look, cause, "check" FROM looks JOIN causes ON look = looks.id WHERE {}'
SELECT_COUNTS = "SELECT started, status, count(*) FROM looks GROUP BY started, status ORDER BY started"
SELECT_COMMON = """
    SELECT 1 FROM looks AS one JOIN looks AS other ON other.connection = one.connection
    WHERE one.started = ? AND other.started = ? LIMIT 1
"""


class HistoryError(UsageError):
    """The file is not a usable history. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The result of one run for one connection; ``causes`` are pairs of (cause, check id)."""

    started: datetime
    connection: str
    status: VerdictStatus
    causes: frozenset[tuple[str, str]]
    source: str = "live"


def observation_of(entry: Entry) -> Observation:
    """Return the observation of a finished connection: its verdict and causes."""
    part = entry.part
    causes = frozenset((cause.cause, cause.check) for cause in part.root_causes)
    return Observation(entry.started, entry.name, part.verdict.status, causes, entry.source)


@dataclass(frozen=True, slots=True)
class Episode:
    """The time of a cause, from the first run that found it to the first run that did not (None while it lasts)."""

    connection: str
    cause: str
    check: str
    first_seen: datetime
    ended: datetime | None

    @property
    def time_to_fix(self) -> timedelta | None:
        """Return the time from the first run that saw the cause to the first that did not; None while it lasts."""
        return None if self.ended is None else self.ended - self.first_seen


class History:
    """The observations of all runs, as a context manager. Each observation is a transaction, so a killed run loses one
    at most.

    Older files are brought up to date. Raises :class:`HistoryError` for a file that is not a history, or was written by
    a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.locked: sqlite3.OperationalError | None = None
        """The reason why nothing can be written, if another program locks the file: the run continues without
        history.
        """

    def __enter__(self) -> History:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists():
                open_file(self._path).close()
            self._open(OPENING)
        except (OSError, FileError, sqlite3.Error) as error:
            raise HistoryError(f"{self._path}: no usable history: {error}") from None
        return self

    def _open(self, patience: float) -> None:
        """Open the file. If another program holds it, ``locked`` is set to the reason."""
        self.locked = None
        self._database = sqlite3.connect(self._path, timeout=patience, isolation_level=None)
        try:
            self._database.execute("PRAGMA foreign_keys = ON")
            self._migrate()
            self._database.execute(
                "PRAGMA journal_mode = WAL"
            )  # only now, so that a file that is not a history stays unchanged
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000:.0f}")
        except sqlite3.OperationalError as error:
            self._database.close()
            if error.sqlite_errorcode not in LOCKED:
                raise
            self.locked = error
        except BaseException:
            self._database.close()
            raise

    def retry(self) -> None:
        """Open a locked file once more. Raises ``sqlite3.Error`` if it is still locked or is damaged, and
        :class:`HistoryError` if it is not a history.
        """
        if self.locked:
            self._open(OPENING)
        if self.locked:
            raise self.locked

    def __exit__(self, *_: object) -> None:
        if not self.locked:
            self._database.close()

    def add(self, observations: Iterable[Observation]) -> None:
        """Write observations, all or none. They replace those of the same run and connection."""
        with self._transaction() as cursor:
            for new in observations:
                key = (new.started.astimezone(UTC).isoformat(), new.connection)
                cursor.execute("DELETE FROM looks WHERE started = ? AND connection = ?", key)
                cursor.execute(
                    "INSERT INTO looks (started, connection, status, source) VALUES (?, ?, ?, ?)",
                    (*key, new.status, new.source),
                )
                observation = cursor.lastrowid
                cursor.executemany(
                    "INSERT INTO causes VALUES (?, ?, ?)", [(observation, *pair) for pair in sorted(new.causes)]
                )

    def observations(
        self, since: datetime | None = None, connections: Collection[str] | None = None
    ) -> list[Observation]:
        """Return all observations since a moment, oldest first, of the named connections (all by default)."""
        causes = defaultdict(set)
        where = PERIOD if connections is None else OF_CONNECTIONS
        conditions = {
            "first": "" if since is None else since.astimezone(UTC).isoformat(),
            "names": None if connections is None else json.dumps(sorted(connections)),
        }
        with closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN")  # read both tables in one transaction
            for observation, cause, check in cursor.execute(SELECT_CAUSES.format(where), conditions):
                causes[observation].add((cause, check))
            rows = cursor.execute(SELECT_OBSERVATIONS.format(where), conditions).fetchall()
            cursor.execute("COMMIT")
        return [
            Observation(datetime.fromisoformat(started), connection, status, frozenset(causes[observation]), source)
            for observation, started, connection, status, source in rows
        ]

    def counts(self) -> list[tuple[datetime, Counter[VerdictStatus]]]:
        """Return the number of connections per verdict, by the start of their run, oldest first."""
        result: dict[str, Counter[VerdictStatus]] = defaultdict(Counter)
        with closing(self._database.cursor()) as cursor:
            for started, status, count in cursor.execute(SELECT_COUNTS):
                result[started][status] = count
        return [(datetime.fromisoformat(started), counts) for started, counts in result.items()]

    def overlap(self, run: datetime, other_run: datetime) -> bool:
        """Return whether runs with these starts have a common connection; if so, they are not shards of one run."""
        starts = [moment.astimezone(UTC).isoformat() for moment in (run, other_run)]
        with closing(self._database.cursor()) as cursor:
            return cursor.execute(SELECT_COMMON, starts).fetchone() is not None

    def _migrate(self) -> None:
        with self._transaction() as cursor:
            (version,) = cursor.execute("PRAGMA user_version").fetchone()
            (tables,) = cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if version > len(MIGRATIONS):
                raise HistoryError(f"{self._path}: version {version} of a history; this suite knows {len(MIGRATIONS)}")
            if version == 0 and tables:
                raise HistoryError(f"{self._path}: a database, but no history")
            for script in MIGRATIONS[version:]:
                for statement in filter(str.strip, script.split(";")):
                    cursor.execute(statement)
            cursor.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        with closing(self._database.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")


def by_connection(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    """Return observations by connection, oldest first."""
    grouped: dict[str, list[Observation]] = {}
    for observation in sorted(observations, key=lambda observation: observation.started):
        grouped.setdefault(observation.connection, []).append(observation)
    return grouped


def episodes(observations: Iterable[Observation]) -> list[Episode]:
    """Return the episodes of all causes. An incomplete or partial observation does not end an episode."""
    result = []
    for connection, of_connection in by_connection(observations).items():
        open_: dict[tuple[str, str], datetime] = {}
        for observation in of_connection:
            if observation.status in ("conformant", "nonconformant"):
                for cause, check in sorted(open_.keys() - observation.causes):
                    result.append(Episode(connection, cause, check, open_.pop((cause, check)), observation.started))
            for pair in observation.causes:
                open_.setdefault(pair, observation.started)
        result += [Episode(connection, *pair, since, None) for pair, since in sorted(open_.items())]
    return result


def flapping(observations: Iterable[Observation], times: int = 3) -> dict[str, int]:
    """Return the connections whose verdict changed at least ``times`` times, with the number of changes; most changes
    first.
    """
    changes = {
        connection: sum(before.status != after.status for before, after in pairwise(of_connection))
        for connection, of_connection in by_connection(observations).items()
    }
    often = [(name, count) for name, count in changes.items() if count >= times]
    return dict(sorted(often, key=lambda pair: (-pair[1], pair[0])))


def median(times: Sequence[timedelta]) -> timedelta | None:
    """Return the median; for an even number of values, the upper of the two middle values. None for no values."""
    return sorted(times)[len(times) // 2] if times else None
