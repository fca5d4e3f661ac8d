"""The history of connections: the observations that runs write, and queries on them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.entry import entry
from conformance.results.history import (
    MIGRATIONS,
    Episode,
    History,
    HistoryError,
    Observation,
    episodes,
    flapping,
    observation_of,
)
from conformance.verification.result import Report
from tests.python_path import python_path

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, 2, tzinfo=UTC)


def night(day: int, *causes: str, connection: str = "contoso", status: str | None = None) -> Observation:
    verdict = status or ("nonconformant" if causes else "conformant")
    return Observation(START + day * DAY, connection, verdict, frozenset((cause, "AUTH-003") for cause in causes))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def test_an_observation_is_the_verdict_and_its_causes(verified: Callable[..., Report]) -> None:
    """Causes that only block other checks, and warnings, are not part of an observation."""
    causes = frozenset({("secret_expired", "AUTH-003")})
    reports = map(verified, ("expired-secret", "healthy"))
    (expired, healthy) = (observation_of(entry(report, report.connection, "all")) for report in reports)
    assert expired == Observation(expired.started, "contoso", "nonconformant", causes, "fake:expired-secret")
    assert healthy == Observation(healthy.started, "contoso", "conformant", frozenset(), "fake")


def test_added_observations_are_read_by_the_next_run(path: Path) -> None:
    looks = [night(0), night(1, "secret_expired"), night(1, connection="fabrikam")]
    with History(path) as history:
        history.add(looks)
    with History(path) as history:
        assert history.observations() == looks
        assert history.observations(since=START + DAY) == looks[1:]
        assert history.observations(connections=["fabrikam"]) == looks[2:]
        assert history.observations(connections=[]) == []


def test_a_resumed_run_replaces_its_observation(path: Path) -> None:
    with History(path) as history:
        history.add([night(0, "secret_expired")])
        history.add([night(0)])
        assert history.observations() == [night(0)]


def test_a_cause_that_returns_is_a_new_episode() -> None:
    looks = [night(0), night(1, "secret_expired"), night(2, "secret_expired"), night(3), night(4, "secret_expired")]
    assert episodes(looks) == [
        Episode("contoso", "secret_expired", "AUTH-003", START + DAY, START + 3 * DAY),
        Episode("contoso", "secret_expired", "AUTH-003", START + 4 * DAY, None),
    ]


def test_an_incomplete_run_does_not_end_an_episode() -> None:
    looks = [night(0, "rbac_role_missing"), night(1, "timed_out", status="incomplete"), night(2)]
    (missing,) = [episode for episode in episodes(looks) if episode.cause == "rbac_role_missing"]
    assert missing.time_to_fix == 2 * DAY


def test_a_verdict_that_changes_again_and_again_flaps() -> None:
    steady = [night(day, connection="fabrikam") for day in range(6)]
    restless = [night(day, *(["throttled"] if day % 2 else [])) for day in range(6)]
    assert flapping([*steady, *restless]) == {"contoso": 5}


@given(st.lists(st.sets(st.sampled_from(["a", "b", "c"])), max_size=12))
def test_episodes_contain_exactly_the_causes_observed(nights: list[set[str]]) -> None:
    all_episodes = episodes(night(day, *causes) for day, causes in enumerate(nights))
    for day, causes in enumerate(nights):
        now = START + day * DAY
        assert {
            episode.cause
            for episode in all_episodes
            if episode.first_seen <= now and (not episode.ended or episode.ended > now)
        } == causes


def test_an_older_file_is_migrated(path: Path) -> None:
    old = sqlite3.connect(path)
    old.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
    old.execute("INSERT INTO looks VALUES (1, '2026-11-01T02:00:00+00:00', 'contoso', 'conformant', 'live')")
    old.commit()
    old.close()
    with History(path) as history:
        assert history.observations() == [night(0)]
    new = sqlite3.connect(path)
    assert new.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert new.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name LIKE 'looks_of%'"
    ).fetchone() == (1,)
    new.close()


@pytest.mark.parametrize("what", ["newer", "another database", "no database", "a folder"])
def test_a_file_that_is_not_a_history_is_an_error_and_not_changed(path: Path, what: str) -> None:
    if what == "a folder":
        path.mkdir()
    elif what == "no database":
        path.write_bytes(b"name,verdict\n" * 400)
    else:
        other = sqlite3.connect(path)
        other.executescript("PRAGMA user_version = 99;" if what == "newer" else "CREATE TABLE mine (id);")
        other.close()
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(HistoryError, match=r"history\.db"), History(path):
        pass
    assert path.is_dir() if before is None else path.read_bytes() == before


WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from conformance.results.history import History, Observation

from tests.python_path import python_path

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with History(path) as history:
    for number in range(count):
        started = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=number)
        causes = frozenset({("secret_expired", "AUTH-003"), ("throttled", "LA-001")})
        history.add([Observation(started, name, "nonconformant", causes)])
        print(number, flush=True)
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": python_path()}
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.slow
def test_runs_write_at_the_same_time(path: Path) -> None:
    writers = [writer(path, f"tenant-{number}", 40) for number in range(4)]
    assert [writer.communicate()[0].count("\n") for writer in writers] == [40] * 4
    with History(path) as history:
        assert len(history.observations()) == 160


@pytest.mark.slow
def test_a_killed_run_leaves_only_complete_observations(path: Path) -> None:
    killed = writer(path, "contoso", 1_000_000)
    assert killed.stdout is not None
    last_line = [killed.stdout.readline() for _ in range(50)][-1]
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    with History(path) as history:
        looks = history.observations()
        assert len(looks) > int(last_line)
        assert all(len(observation.causes) == 2 for observation in looks)
        history.add([night(9)])
