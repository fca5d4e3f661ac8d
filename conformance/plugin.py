"""The pytest plugin: options, and what they set off. Inert without ``--sentinel-config``."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFIG = "--sentinel-config"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sentinel", "Microsoft Sentinel connection")
    group.addoption(
        CONFIG, action="append", metavar="FILE", help="connection file to verify (repeatable; files, globs, folders)"
    )
    group.addoption("--sentinel-source", default="live", metavar="SOURCE", help="live (default), fake or fake:SCENARIO")
    group.addoption("--sentinel-report", metavar="DIR", help="write the reports into this folder")
    group.addoption("--sentinel-strict", action="store_true", help="take warnings for failures")
    group.addoption(
        "--sentinel-deadline", type=float, default=120.0, metavar="SECONDS", help="for each connection (default 120)"
    )
    group.addoption(
        "--sentinel-jobs", type=int, default=32, metavar="N", help="connections to verify at a time (default 32)"
    )
    group.addoption(
        "--sentinel-shard",
        default="1/1",
        metavar="I/N",
        help="verify only this share of the connections, the same ones each time",
    )
    group.addoption(
        "--sentinel-resume",
        action="store_true",
        help="with --sentinel-report: go on where a run into the same folder was cut off",
    )
    group.addoption(
        "--sentinel-wait",
        default="0s",
        metavar="TIME",
        help="wait this long (10m) for roles and consents of minutes ago",
    )
    group.addoption("--sentinel-list", action="store_true", help="list the checks and exit")
    group.addoption(
        "--sentinel-list-scenarios", action="store_true", help="list the virtual tenant's scenarios and exit"
    )
    group.addoption(
        "--sentinel-explain",
        metavar="TEXT",
        help="explain an error text or code (- reads it from standard input) and exit",
    )
    group.addoption(
        "--sentinel-init",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write a commented connection file to start from and exit",
    )


COMMANDS = ("--sentinel-list", "--sentinel-list-scenarios", "--sentinel-init", "--sentinel-explain")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """What needs no connection: says its piece and exits."""
    for option in COMMANDS:
        if value := config.getoption(option):
            from conformance.commands import run

            return run(option, value)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption(CONFIG):
        from conformance.session import start

        start(config, Path(__file__).parent / "checks")
