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
    group.addoption(
        "--sentinel-source", default="live", metavar="SOURCE", help="live (default), fake, fake:SCENARIO or fake:FAULT"
    )
    group.addoption("--sentinel-report", metavar="DIR", help="write the reports into this folder")
    group.addoption(
        "--sentinel-language",
        default="en",
        metavar="LANGUAGES",
        help="of the pages to hand back: en (default), de, fr, es, ja, or several (de,en)",
    )
    group.addoption(
        "--sentinel-notify",
        action="append",
        metavar="URL",
        help="apprise address (or env:NAME, file:PATH) to tell of failures and changes (repeatable)",
    )
    group.addoption(
        "--sentinel-docs", metavar="URL", help="where the site of `make site` is published: reports link to its pages"
    )
    group.addoption("--sentinel-strict", action="store_true", help="take warnings for failures")
    group.addoption(
        "--sentinel-baseline", metavar="FILE", help="known findings that are accepted, with a reason and a last day"
    )
    group.addoption(
        "--sentinel-deadline", type=float, default=120.0, metavar="SECONDS", help="for each connection (default 120)"
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
        help="explain an error text, a code, a cause or a check (- reads standard input) and exit",
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

            return run(option, value, config.getoption("--sentinel-docs"))
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption(CONFIG):
        from conformance.session import start

        start(config, Path(__file__).parent / "checks")
