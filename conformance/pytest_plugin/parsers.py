"""The parsers of the console command's verbs: the options of pytest, without their prefix."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from conformance.command_line import OneScreenParser
from conformance.pytest_plugin.options import COMMANDS, CONFIG, pytest_addoption
from conformance.report.command import CONSOLE

PREFIX = "--sentinel-"
RARE = (
    "--cassettes",
    "--contact",
    "--docs",
    "--strict-retirements",
    "--deadline",
    "--jobs",
    "--shard",
    "--resume",
)
"""Options of `verify` that its short help names without an explanation."""
EXPLAINED = ("docs", "explain-service", "explain-status", "explain-headers")
"""Options of pytest that `explain` accepts beside the text."""


class Declared:
    """Collects the options that the plugin adds to pytest, without their prefix, so that each option is declared only
    once.
    """

    def __init__(self) -> None:
        self.options: list[tuple[str, dict[str, Any]]] = []

    def getgroup(self, *_: str) -> Declared:
        """Return itself: groups do not matter for the console command."""
        return self

    def addoption(self, name: str, **declared: Any) -> None:
        """Record an option, without the plugin's prefix."""
        self.options.append((name.removeprefix(PREFIX), declared))


def verify_parser() -> argparse.ArgumentParser:
    """Return the parser of `verify`: files, the options of a run, and pytest's options for selection and output."""
    parser = OneScreenParser(
        prog=f"{CONSOLE} verify",
        description="Verify connections.",
        epilog="Other options are pytest's own, such as -x, --lf and --junitxml=FILE.",
        allow_abbrev=False,
        rare=RARE,
    )
    parser.add_argument("connections", nargs="*", metavar="FILE", help="connection files, globs and folders")
    parser.add_argument("-k", metavar="NAME", help="only checks and connections of this name (RBAC, LA-010, contoso)")
    parser.add_argument("-m", metavar="AREA", help="only checks of this area (rbac, graph)")
    parser.add_argument("-v", action="count", default=0, help="show each check; -vv also the answers")
    for name, declared in run_settings():
        parser.add_argument(f"--{name}", **{**declared, "default": None})
    return parser


def settings() -> list[tuple[str, dict[str, Any]]]:
    """Return name and settings of each option, as the plugin declares them."""
    declared = Declared()
    pytest_addoption(declared)  # type: ignore[arg-type]
    return declared.options


def run_settings() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and settings of each option of a verification."""
    others = {name.removeprefix(PREFIX) for name in (CONFIG, *COMMANDS)}
    yield from (
        (name, setting) for name, setting in settings() if name not in others and not name.startswith("explain-")
    )


def explain_parser() -> argparse.ArgumentParser:
    """Return the parser of `explain`: the text, and known properties of its answer."""
    parser = OneScreenParser(prog=f"{CONSOLE} explain", description="Explain an error.", allow_abbrev=False)
    parser.add_argument("text", nargs="?", default="-", metavar="TEXT", help="the text, @FILE, or - (standard input)")
    for name, declared in settings():
        if name in EXPLAINED:
            text = declared["help"].removeprefix(f"with {PREFIX}explain: ")
            parser.add_argument(f"--{name.removeprefix('explain-')}", dest=name, **{**declared, "help": text})
    parser.add_argument("--config", metavar="FILE", help="the connection file that it is about")
    return parser


def init_parser() -> argparse.ArgumentParser:
    """Return the parser of `init`."""
    parser = OneScreenParser(prog=f"{CONSOLE} init", description="Write a connection file to start from.")
    parser.add_argument(
        "where",
        nargs="?",
        default="-",
        metavar="FILE",
        help="the file to write (standard output without it), or a portal URL or resource id: asks for the rest",
    )
    return parser


def list_parser() -> argparse.ArgumentParser:
    """Return the parser of `list`, which has no options."""
    return OneScreenParser(prog=f"{CONSOLE} list", description="List the checks.")


def profiles_parser() -> argparse.ArgumentParser:
    """Return the parser of `profiles`, which has no options."""
    return OneScreenParser(prog=f"{CONSOLE} profiles", description="List what a connection can be for.")


def scenarios_parser() -> argparse.ArgumentParser:
    """Return the parser of `scenarios`, which has no options."""
    return OneScreenParser(prog=f"{CONSOLE} scenarios", description="List what can be broken on the virtual tenant.")
