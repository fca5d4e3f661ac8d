"""The exact output at the terminal. `SENTINEL_WRITE_GOLDEN=1 pytest tests/report` rewrites the golden files."""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks.outcome import Outcome
from conformance.fakes import SCENARIOS
from conformance.report.comparison import run_of
from conformance.report.document import document, with_comparison
from conformance.report.model import Document, StalePart
from conformance.report.terminal import Terminal
from conformance.report.terminal_layout import console, continued, message_lines, option_lines
from conformance.report.wording import ranges
from conformance.verification.result import Report
from tests.contoso import START
from tests.report.documents import RUNS, run

GOLDEN = Path(__file__).parent / "golden"
WRITE = bool(os.environ.get("SENTINEL_WRITE_GOLDEN"))


def printed(
    report: Document, *, width: int = 80, color: bool = False, verbose: int = 0, encoding: str = "utf-8"
) -> str:
    buffer = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Terminal(console(buffer, width=width, color=color), verbose).show(report)
    buffer.flush()
    return buffer.buffer.getvalue().decode(encoding)


def steady(report: Document) -> Document:
    """Return the report with request ids and times that are the same in every run."""
    text = msgspec.json.encode(report).decode()
    text = re.sub(r'("request_id":)"[^"]+"', r'\1"3f1d9c52-0d0b-4f7b-9a1e-6f2b1c7d8e90"', text)
    text = re.sub(r'("(?:duration|started)_s":)[\d.e-]+', r"\g<1>0.25", text)
    text = re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?=\\\")", "3f1d9c52-0d0b-4f7b-9a1e-6f2b1c7d8e90", text)
    return msgspec.json.decode(text, type=Document)


def test_the_terminal_is_as_agreed(subtests: pytest.Subtests) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        *((name, {}) for name in RUNS),
        ("one-fault", {"color": True}),
        ("one-fault", {"width": 40}),
        ("one-fault", {"encoding": "ascii"}),
        ("one-fault", {"verbose": 1}),
        ("healthy", {"verbose": 1}),
    ]
    for name, options in cases:
        with subtests.test(name=name, options=options):
            text = printed(steady(run(*RUNS[name])), **options)
            path = GOLDEN / ("_".join([name, *(f"{key}-{value}" for key, value in options.items())]) + ".txt")
            if WRITE:
                path.write_text(text, encoding="utf-8")
            assert text == path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_report_with_one_cause_fits_on_a_screen(subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS:
        with subtests.test(scenario=scenario):
            report = run(scenario)
            causes = max(1, len(report.connections[0].root_causes))
            lines = printed(report).splitlines()
            assert sum(max(1, -(-len(line) // 80)) for line in lines) <= 25 * causes


def test_the_verdict_and_the_next_action_come_first(subtests: pytest.Subtests) -> None:
    for name in RUNS:
        with subtests.test(name=name):
            report = run(*RUNS[name])
            shown_first = " ".join(printed(report, width=100).split("\n\n")[0].split())
            origin, _, first = shown_first.partition("no real service was asked. ")
            assert origin.startswith("SIMULATION (fake")
            trouble = [connection for connection in report.connections if connection.root_causes]
            assert first.startswith("✗ " if report.run.exit_code == 1 else "? " if trouble else "✓ ")
            if trouble:
                cause = trouble[0].root_causes[0]
                assert " ".join(cause.fix.text.partition(". ")[0].split()[:4]) in " ".join(first.split())


@pytest.mark.parametrize(
    ("before", "now"), [("healthy", "no-azure-role"), ("expired-secret", "no-graph-consent"), ("healthy", "healthy")]
)
def test_changes_are_shown_as_agreed(before: str, now: str) -> None:
    previous = replace(run_of(run(before)), started=START)
    text = printed(with_comparison(steady(run(now)), previous))
    path = GOLDEN / f"{now}_since_{before}.txt"
    if WRITE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    """Only URLs, ids of resources and quoted texts are longer: they are not cut, so that they can be copied."""
    for name in RUNS:
        for line in printed(run(*RUNS[name]), width=width).splitlines():
            assert len(line) <= width or len(line.split()) <= 4 or line.strip().startswith('"')


def test_verbose_shows_every_check_and_more_verbose_its_evidence() -> None:
    report = run("no-azure-role")
    assert "GUIDE-003" in printed(report, verbose=1)
    assert "https://login.microsoftonline.com" not in printed(report, verbose=1)
    assert "https://login.microsoftonline.com" in printed(report, verbose=2)
    assert "InsufficientAccessError" in printed(report, verbose=2)


def test_escape_codes_of_a_service_do_not_reach_the_terminal(verified: Callable[..., Report]) -> None:
    report = verified("healthy")
    hostile = Outcome("AUTH-003", "error", reason="\x1b[2J\x1b]0;title\x07 \u202egnp.exe\r\nx")
    text = printed(document([replace(report, outcomes=(hostile,))]), verbose=2)
    assert not set(text) & set("\x1b\x07\r\u202e")


def test_a_stale_baseline_is_the_next_action_of_a_connection_that_works() -> None:
    stale = StalePart(
        check="LA-010",
        connection=None,
        cause=None,
        reason="known",
        expires=date(2026, 11, 1),
        why="expired",
        message="known.toml:1: the acceptance of LA-010 expired on 2026-11-01: fix it, or give a later day",
    )
    report = run("healthy")
    changed = msgspec.structs.replace(report, stale=(stale,), run=msgspec.structs.replace(report.run, exit_code=1))
    text = " ".join(printed(changed).partition("\n")[2].split())
    assert text.startswith("✓ contoso works. Update the baseline: known.toml:1: the acceptance")
    assert "exit code 1" in text


@given(
    st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), min_size=1), st.integers(20, 90)
)
def test_a_continued_command_is_the_same_command(words: list[str], width: int) -> None:
    command = " ".join(map(shlex.quote, words))
    assert shlex.split("\n".join(continued(command, width)).replace("\\\n", "")) == words


@given(st.lists(st.integers(1, 60), unique=True, min_size=1).map(sorted))
def test_ranges_contain_exactly_their_ids(numbers: list[int]) -> None:
    text = ranges([f"LA-{number:03}" for number in numbers])
    expanded: list[int] = []
    for part in text.split(", "):
        first, _, last = part.removeprefix("LA-").partition("..")
        expanded += range(int(first), int(last or first) + 1)
    assert expanded == numbers


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), min_size=1))
def test_a_command_split_by_options_is_the_same_command(words: list[str]) -> None:
    command = shlex.join(words)
    assert "".join(option_lines(command)) == command


def test_each_option_has_its_own_line_but_not_words_in_quotes() -> None:
    assert option_lines('az rest --method get --url "/x -y" --query "a -b"') == [
        "az rest ",
        "--method get ",
        '--url "/x -y" ',
        '--query "a -b"',
    ]


def test_a_message_is_wrapped_but_its_commands_are_not() -> None:
    command = "    az account list --all --refresh --query '[].{name:name,subscriptionId:id}' --output table"
    text = "\n".join(
        [
            "conn.toml:3: tenant_id: found 'contoso', expected the directory's GUID",
            "  tenant_id: Entra > Overview",
            command,
        ]
    )
    lines = message_lines(text, 50, "ERROR: ").splitlines()
    assert command in lines
    assert max(len(line) for line in lines if line != command) <= 50
    assert len(lines[0]) <= 50 - len("ERROR: ")
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
