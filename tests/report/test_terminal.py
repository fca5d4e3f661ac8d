"""What a reader sees at the terminal, to the letter. `SENTINEL_WRITE_GOLDEN=1 pytest tests/report` writes it anew."""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from contoso import START
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.comparison import PastRun, run_of
from conformance.report.model import compared, document
from conformance.report.terminal import Terminal, console, continued
from conformance.report.words import ranges
from conformance.verification import Report

GOLDEN = Path(__file__).parent / "golden"
WRITE = bool(os.environ.get("SENTINEL_WRITE_GOLDEN"))


def shown(
    report: Report,
    *,
    width: int = 80,
    color: bool = False,
    verbose: int = 0,
    encoding: str = "utf-8",
    previous: PastRun | None = None,
) -> str:
    buffer = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Terminal(console(buffer, width=width, color=color), verbose).show(compared(document([report]), previous))
    buffer.flush()
    text = buffer.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    for exchange in report.gathered.exchanges:
        text = text.replace(exchange.request_id or "-" * 36, "REQUEST-ID")
    return re.sub(r"\d+\.\d+ s\b", "N.N s", text)


@pytest.mark.parametrize(
    ("scenario", "options"),
    [
        ("healthy", {}),
        ("expired-secret", {}),
        ("no-azure-role", {}),
        ("no-azure-role", {"color": True}),
        ("no-azure-role", {"width": 60}),
        ("service-down", {}),
        ("no-graph-consent+table-missing", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value)) or "plain",
)
def test_the_terminal_is_as_agreed(verified: Callable[..., Report], scenario: str, options: dict[str, int]) -> None:
    name = "_".join([scenario.replace("+", "_"), *(f"{key}{value}" for key, value in options.items())])
    text = shown(verified(scenario), **options)  # type: ignore[arg-type]
    path = GOLDEN / f"{name}.txt"
    if WRITE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "now"), [("healthy", "no-azure-role"), ("expired-secret", "no-graph-consent"), ("healthy", "healthy")]
)
def test_what_changed_is_shown_as_agreed(verified: Callable[..., Report], before: str, now: str) -> None:
    previous = msgspec.structs.replace(run_of(document([verified(before)])), started=START)
    text = shown(verified(now), previous=previous)
    path = GOLDEN / f"{now}_since_{before}.txt"
    if WRITE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_no_line_is_longer_than_the_terminal(verified: Callable[..., Report]) -> None:
    """But for single words, such as ids of resources and URLs, which stay whole so that they can be copied."""
    for width in (60, 80, 100):
        for line in shown(verified("no-azure-role"), width=width).splitlines():
            assert len(line) <= width or len(line.split()) <= 2


def test_one_thing_wrong_fits_on_a_screen(verified: Callable[..., Report]) -> None:
    assert len(shown(verified("expired-secret")).splitlines()) <= 50


def test_without_unicode_the_signs_are_ascii(verified: Callable[..., Report]) -> None:
    text = shown(verified("expired-secret"), encoding="ascii")
    assert "x AUTH-003" in text


def test_verbose_shows_every_check_and_more_verbose_its_evidence(verified: Callable[..., Report]) -> None:
    report = verified("expired-secret")
    assert "GUIDE-003" in shown(report, verbose=1)
    assert "https://login.microsoftonline.com" not in shown(report, verbose=1)
    assert "https://login.microsoftonline.com" in shown(report, verbose=2)


@given(
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), min_size=1), st.integers(20, 90)
)
def test_a_continued_command_is_the_same_command(words: list[str], width: int) -> None:
    command = " ".join(map(shlex.quote, words))
    assert shlex.split("\n".join(continued(command, width)).replace("\\\n", "")) == words


@given(st.lists(st.integers(1, 60), unique=True, min_size=1).map(sorted))
def test_ranges_lose_no_id(numbers: list[int]) -> None:
    told = ranges([f"LA-{number:03}" for number in numbers])
    found: list[int] = []
    for part in told.split(", "):
        first, _, last = part.removeprefix("LA-").partition("..")
        found += range(int(first), int(last or first) + 1)
    assert found == numbers
