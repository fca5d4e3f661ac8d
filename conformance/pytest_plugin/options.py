"""The options that the plugin adds to pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.deadline import DEADLINE

if TYPE_CHECKING:
    from conformance.run_options import RunOptions

CONFIG = "--sentinel-config"
SOURCE = "--sentinel-source"
COMMANDS = (
    "--sentinel-list",
    "--sentinel-list-scenarios",
    "--sentinel-list-profiles",
    "--sentinel-init",
    "--sentinel-explain",
)
"""Options that need no connection: they print something and end the run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ``--sentinel-...`` options and ini values."""
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
        metavar="LANGUAGES",
        help="of the pages to hand back: en (default), de, fr, es, ja, or several (de,en)",
    )
    group.addoption(
        "--sentinel-contact", metavar="TEXT", help="who sends the pages to hand back, and how to reach them"
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
    group.addoption(
        "--sentinel-strict", action="store_true", help="take warnings for failures (not announced retirements)"
    )
    group.addoption(
        "--sentinel-strict-retirements", action="store_true", help="take announced retirements of APIs for failures"
    )
    group.addoption(
        "--sentinel-baseline", metavar="FILE", help="known findings that are accepted, with a reason and a last day"
    )
    group.addoption(
        "--sentinel-deadline",
        type=float,
        default=DEADLINE,
        metavar="SECONDS",
        help=f"for each connection (default {DEADLINE:g})",
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
    group.addoption(
        "--sentinel-watch",
        nargs="?",
        const="1h",
        metavar="TIME",
        help="ask what is broken again until it works, and say what was fixed when, for this long at most (1h)",
    )
    group.addoption("--sentinel-list", action="store_true", help="list the checks and exit")
    group.addoption(
        "--sentinel-list-scenarios", action="store_true", help="list the virtual tenant's scenarios and exit"
    )
    group.addoption("--sentinel-list-profiles", action="store_true", help="list what a connection can be for, and exit")
    group.addoption(
        "--sentinel-explain",
        metavar="TEXT",
        help="explain an error text, a log, a token, a code, a cause or a check (@FILE, - standard input) and exit; "
        "with --sentinel-config for that connection",
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
        help="write a connection file to start from and exit; from a portal URL or resource id: ask for the rest",
    )


def run_options(config: pytest.Config) -> RunOptions:
    """Return the parsed options of a verification. Raises :class:`~conformance.errors.UsageError`."""
    from conformance.run_options import RunOptions

    return RunOptions.parse(lambda name: config.getoption(f"--sentinel-{name}"))
