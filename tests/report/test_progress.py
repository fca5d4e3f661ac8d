"""Progress: seen by who watches, and by nobody else."""

from __future__ import annotations

import io

import pytest

from conformance.report.progress import Progress, watched


class Screen(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    return Screen()


def test_counts_and_time_are_shown_while_probes_run_and_are_gone_afterwards(screen: Screen) -> None:
    with Progress(screen) as progress:
        progress.update("contoso", 3, 56)
    text = screen.getvalue()
    assert "asking contoso" in text
    assert "3/56" in text.replace(" ", "")
    assert "0:00:00" in text
    assert text.rstrip("\n").endswith("\x1b[2K")


def test_several_connections_are_counted_together(screen: Screen) -> None:
    with Progress(screen) as progress:
        progress.update("a", 3, 50)
        progress.update("b", 4, 50)
    assert "asking 2 connections" in screen.getvalue()
    assert "7/100" in screen.getvalue()


def test_nobody_watches_a_file_a_dumb_terminal_or_a_log_of_ci(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched(screen) is screen
    assert watched(io.StringIO()) is None
    monkeypatch.setenv("TERM", "dumb")
    assert watched(screen) is None
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    assert watched(screen) is None


def test_without_a_watcher_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(None) as progress:
        progress.update("contoso", 1, 2)
    assert capsys.readouterr() == ("", "")
