"""The trend of a fleet, read from a history, and its drawings. `SENTINEL_WRITE_GOLDEN=1` rewrites the golden files."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.fleet.__main__ import main
from conformance.report.fleet.trend_svg import nice, picture
from conformance.report.fleet.trend_terminal import STACK, draw, lengths, span
from conformance.report.terminal_layout import console
from conformance.results.history import History, Observation
from conformance.results.trend import nights, run_points, trend
from conformance.verification.verdict import VerdictStatus
from tests.fleet.made_up_history import COUNT, NIGHTS, START, month

GOLDEN = Path(__file__).parent / "golden"
WRITE = bool(os.environ.get("SENTINEL_WRITE_GOLDEN"))
DAY = timedelta(days=1)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(tmp_path / "history.db") as history:
        history.add(month())
        yield history


def agreed(name: str, text: str) -> None:
    path = GOLDEN / name
    if WRITE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def drawing(history: History, *, encoding: str = "utf-8", width: int = 80, nights: int = NIGHTS) -> str:
    buffer = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    since = START + (NIGHTS - nights) * DAY
    draw(trend(history, since), console(buffer, width=width, color=False))
    buffer.flush()
    return buffer.buffer.getvalue().decode(encoding)


def test_the_terminal_is_as_agreed(history: History) -> None:
    agreed("trend.txt", drawing(history))


def test_the_picture_is_as_agreed(history: History) -> None:
    agreed("trend.svg", picture(trend(history)))


def test_every_run_counts_every_connection(history: History) -> None:
    fleet_trend = trend(history)
    assert [sum(night.counts.values()) for night in fleet_trend.nights] == [COUNT] * NIGHTS


def test_open_causes_are_counted_from_their_beginning(history: History) -> None:
    """The beginning can be before the days that are drawn."""
    expected = [("secret_expired", 6, 24), ("rbac_role_missing", 3, 18), ("app_role_missing", 1, 3)]
    for since in (None, START + 27 * DAY):
        fleet_trend = trend(history, since)
        assert [(cause.cause, cause.connections, (cause.since - START).days) for cause in fleet_trend.open] == expected


def test_fixed_causes_have_their_median_duration(history: History) -> None:
    took = {cause.cause: (cause.times, cause.median.days) for cause in trend(history).resolved}
    assert took["secret_expired"] == (4, 3)
    assert took["rbac_role_missing"] == (2, 20)
    assert trend(history, START + 27 * DAY).resolved == ()


def test_connections_that_flap_are_found(history: History) -> None:
    assert next(iter(trend(history).flapping)) == "tenant-059"


def test_shards_of_one_run_are_counted_as_one_run() -> None:
    def observation(name: str, after: timedelta) -> Observation:
        return Observation(START + after, name, "conformant", frozenset())

    minute = timedelta(minutes=1)
    shares = [observation("a", 0 * minute), observation("b", 5 * minute), observation("c", 59 * minute)]
    assert [sum(night.counts.values()) for night in nights(shares)] == [3]
    assert len(nights([*shares, observation("a", 30 * minute)])) == 2
    assert len(nights([*shares, observation("d", 61 * minute)])) == 2


def test_the_database_counts_the_same_runs(history: History) -> None:
    shard = [
        replace(observation, started=observation.started + timedelta(minutes=9), connection=f"other-{n}")
        for n, observation in enumerate(month())
    ]
    history.add(shard)
    assert list(run_points(history)) == list(nights(history.observations()))


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_terminal_may_be_narrow_or_plain(history: History, width: int, encoding: str) -> None:
    history.add(
        [
            Observation(
                START + NIGHTS * DAY, "Ærøskøbing", "nonconformant", frozenset({("tenant_malformed", "CONN-001")})
            )
        ]
    )
    lines = drawing(history, encoding=encoding, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith("2026-11-24") for line in lines)


@given(st.dictionaries(st.sampled_from(list(STACK)), st.integers(1, 10_000), min_size=1), st.integers(10, 60))
def test_a_bar_has_its_full_width_and_shows_every_status(counts: dict[str, int], width: int) -> None:
    widths = lengths(counts, width)  # type: ignore[arg-type]
    assert sum(widths.values()) == width
    assert widths.keys() == counts.keys()
    assert min(widths.values()) >= 1


@given(st.integers(1, 10_000_000))
def test_a_scale_has_a_few_round_lines(most: int) -> None:
    step = nice(most)
    assert re.fullmatch(r"[125]0*", str(step))
    assert step >= most / 4
    assert step == 1 or step < most


def test_durations_are_written_in_hours_or_days() -> None:
    assert [span(timedelta(hours=hours)) for hours in (0, 5, 47, 60, 480)] == [
        "1 h",
        "5 h",
        "47 h",
        "2 days",
        "20 days",
    ]


def test_the_picture_has_a_description_and_no_external_parts(history: History) -> None:
    text = picture(trend(history))
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.findtext(f"{space}title") == "Verdicts per run"
    assert "10 nonconformant, 0 incomplete, 50 conformant" in (root.findtext(f"{space}desc") or "")
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"href|url\(|@import|<script", text)


def test_names_are_text_in_the_picture(history: History) -> None:
    words: list[VerdictStatus] = ["conformant", "incomplete"] * 5
    restless = [Observation(START + night * DAY, "<b>&", word, frozenset()) for night, word in enumerate(words)]
    history.add(restless)
    assert "&lt;b&gt;&amp;" in picture(trend(history))


def test_the_command_draws_terminal_and_picture(
    history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["trend", f"--history={tmp_path / 'history.db'}", f"--svg={tmp_path / 'trend.svg'}"]) == 0
    assert "secret_expired" in capsys.readouterr().out
    assert (tmp_path / "trend.svg").read_text(encoding="utf-8") == picture(trend(history))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--history"),
        (["--history=missing.db"], "missing.db: no such file"),
        (["--history=notes.txt"], "notes.txt: no usable history"),
        (["--history=history.db", "--days=x"], "--days"),
        (["--history=history.db", "--svg=nowhere/trend.svg"], "nowhere/trend.svg: cannot be written"),
    ],
)
def test_a_history_that_cannot_be_drawn_is_an_error_of_one_line(
    history: History,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("no database at all" * 40)
    assert main(["trend", *arguments]) == 4
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
