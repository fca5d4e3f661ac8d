"""Progress: shown on a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest

from conformance.report.progress import FleetProgress, Progress, fleet_progress, progress, watched


class Screen(io.StringIO):
    encoding = "utf-8"

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


def test_a_file_a_dumb_terminal_and_a_log_of_ci_show_no_progress(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watched(screen) is screen
    assert watched(io.StringIO()) is None
    monkeypatch.setenv("TERM", "dumb")
    assert watched(screen) is None
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    assert watched(screen) is None


def test_without_a_terminal_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(None) as progress:
        progress.update("contoso", 1, 2)
    assert capsys.readouterr() == ("", "")


# A fleet


def test_only_a_fleet_is_counted_by_connections(screen: Screen) -> None:
    kinds = [type(progress(count, stream)) for count, stream in ((20, screen), (21, screen), (21, None))]
    assert kinds == [Progress, FleetProgress, Progress]


def test_the_progress_of_a_fleet_has_counts_speed_and_broken_connections(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    with fleet_progress(300, screen) as progress:
        for number in range(30):
            progress.update(f"customer-{number}", 1, 50)
            progress.finished(f"customer-{number}", "nonconformant" if number < 2 else "conformant", "as it is")
    text = screen.getvalue()
    assert "30/300" in text.replace(" ", "")
    assert "2 broken" in text
    assert "/s" in text
    assert text.rstrip("\n").endswith("\x1b[2K")
    assert capsys.readouterr() == ("", ""), "single connections are told where nobody watches"


def test_without_a_terminal_each_broken_connection_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with fleet_progress(300, io.StringIO()) as progress:
        progress.finished("a", "conformant", "The connection works.")
        progress.finished("b", "nonconformant", "The connection does not work: secret_expired.")
        progress.finished("c", "incomplete", "Not everything could be established: service_fault.")
    assert capsys.readouterr().out.splitlines() == [
        "✗ b  The connection does not work: secret_expired.",
        "? c  Not everything could be established: service_fault.",
    ]
