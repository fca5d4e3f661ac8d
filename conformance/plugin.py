"""The pytest plugin: options, and what they set off; two fixtures for the tests of others.

Inert without ``--sentinel-config`` or a cassette to replay.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.testing import sentinel_server, sentinel_tenant

__all__ = ["sentinel_server", "sentinel_tenant"]

CONFIG = "--sentinel-config"
SOURCE = "--sentinel-source"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sentinel", "Microsoft Sentinel connection")
    group.addoption(
        CONFIG, action="append", metavar="FILE", help="connection file to verify (repeatable; files, globs, folders)"
    )
    group.addoption(
        SOURCE,
        default="live",
        metavar="SOURCE",
        help="live (default), fake, fake:SCENARIO, fake:FAULT, cassette or cassette:NAME",
    )
    group.addoption(
        "--sentinel-cassettes",
        default="cassettes",
        metavar="DIR",
        help="where recorded connections are (--record-mode writes them, --sentinel-source=cassette replays them)",
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
        "--sentinel-compare", metavar="PREVIOUS", help="tell what changed since this report.json or cassette manifest"
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
    group.addoption("--sentinel-history", metavar="FILE", help="add the verdicts to this SQLite file")
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
        help="explain an error text, a log, a token, a code, a cause or a check (@FILE, - standard input) and exit",
    )
    group.addoption(
        "--sentinel-explain-service",
        metavar="SERVICE",
        help="with --sentinel-explain: who answered (entra, arm, log_analytics, sentinel, graph, defender)",
    )
    group.addoption(
        "--sentinel-explain-status", type=int, metavar="STATUS", help="with --sentinel-explain: the HTTP status"
    )
    group.addoption(
        "--sentinel-explain-headers",
        metavar="HEADERS",
        help="with --sentinel-explain: the answer's headers, a line each (@FILE, or the text)",
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
            from conformance.pytest_plugin.cli import run

            capture = config.pluginmanager.getplugin("capturemanager")
            if capture is not None:
                capture.suspend_global_capture(in_=True)  # standard input is the user's here
            return run(option, value, config)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption(CONFIG) or config.getoption(SOURCE).startswith("cassette"):
        from conformance.pytest_plugin.session import start

        start(config, Path(__file__).parent / "checks")
