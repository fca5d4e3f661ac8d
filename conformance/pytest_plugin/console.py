"""`sentinel-conformance`: everything the suite does, as commands over the options of pytest and its modules."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance._version import __version__
from conformance.command_line import OneScreenParser
from conformance.pytest_plugin.cli import run_pytest
from conformance.pytest_plugin.options import COMMANDS, CONFIG, pytest_addoption
from conformance.redaction import say
from conformance.report.command import CONSOLE
from conformance.verification.verdict import ExitCode

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
"""Options of `verify` that its short help only names."""
EXPLAINED = ("docs", "explain-service", "explain-status", "explain-headers")
"""Options of pytest that `explain` takes beside the text."""
HELP = """\
usage: sentinel-conformance COMMAND ...

  verify FILE...    verify connections, live (or --source=fake: simulated)
  explain TEXT      explain an error text, a log, a code, a cause or a check
  init [FILE]       write a connection file to start from, or from a portal URL
  list              list the checks
  scenarios         list what can be broken on the virtual tenant
  serve             serve the virtual tenant to any client
  fleet FILE...     verify many connections without pytest, here or on a cluster
  fleet trend       draw how a fleet fares over time
  completion SHELL  print what completes these commands in bash, zsh or fish

`sentinel-conformance COMMAND --help` shows the options of a command.
Exit codes: 0 works, 1 does not, 4 wrong usage, 5 nothing selected, 6 unclear.

Start here:   sentinel-conformance init conn.toml
              sentinel-conformance verify conn.toml
"""


class Declared:
    """Collects the options that the plugin adds to pytest, with their prefix left out: they are declared once."""

    def __init__(self) -> None:
        self.options: list[tuple[str, dict[str, Any]]] = []

    def getgroup(self, *_: str) -> Declared:
        return self

    def addoption(self, name: str, **declared: Any) -> None:
        self.options.append((name.removeprefix(PREFIX), declared))


def verify_parser() -> argparse.ArgumentParser:
    """Return the parser of `verify`: files, the options of a run, and those of pytest that choose and show."""
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
    yield from ((name, one) for name, one in settings() if name not in others and not name.startswith("explain-"))


def verify_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments of `verify` with these words."""
    given, others = verify_parser().parse_known_args(words)
    arguments = [f"{CONFIG}={file}" for file in given.connections]
    for name, _ in run_settings():
        value = getattr(given, name.replace("-", "_"))
        if value is True:
            arguments.append(f"{PREFIX}{name}")
        elif value is not None:
            arguments += [f"{PREFIX}{name}={one}" for one in (value if isinstance(value, list) else [value])]
    arguments += ["-" + "v" * given.v] if given.v else []
    arguments += [part for flag in "km" if getattr(given, flag) for part in (f"-{flag}", getattr(given, flag))]
    return [*arguments, *others]


def isolation() -> list[str]:
    """Return pytest's arguments that keep settings and a ``conftest.py`` of the current folder out of a run.

    pytest's own warnings are hidden: one of them is that this package was imported before pytest.
    """
    return [
        "--noconftest",
        "--disable-warnings",
        "-pno:cacheprovider",
        f"--config-file={os.devnull}",
        f"--rootdir={Path.cwd()}",
    ]


def explain_parser() -> argparse.ArgumentParser:
    """Return the parser of `explain`: the text, and what is known of the answer that it comes from."""
    parser = OneScreenParser(prog=f"{CONSOLE} explain", description="Explain an error.", allow_abbrev=False)
    parser.add_argument("text", nargs="?", default="-", metavar="TEXT", help="the text, @FILE, or - (standard input)")
    for name, declared in settings():
        if name in EXPLAINED:
            text = declared["help"].removeprefix(f"with {PREFIX}explain: ")
            parser.add_argument(f"--{name.removeprefix('explain-')}", dest=name, **{**declared, "help": text})
    return parser


def explain_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments of `explain`."""
    given = vars(explain_parser().parse_args(words))
    return [f"{PREFIX}explain={given['text']}", *(f"{PREFIX}{name}={given[name]}" for name in EXPLAINED if given[name])]


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


def init_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments of `init`."""
    return [f"{PREFIX}init={init_parser().parse_args(words).where}"]


def list_parser() -> argparse.ArgumentParser:
    """Return the parser of `list`, which has no options."""
    return OneScreenParser(prog=f"{CONSOLE} list", description="List the checks.")


def list_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments of `list`."""
    list_parser().parse_args(words)
    return [f"{PREFIX}list"]


def scenarios_parser() -> argparse.ArgumentParser:
    """Return the parser of `scenarios`, which has no options."""
    return OneScreenParser(prog=f"{CONSOLE} scenarios", description="List what can be broken on the virtual tenant.")


def scenarios_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments of `scenarios`."""
    scenarios_parser().parse_args(words)
    return [f"{PREFIX}list-scenarios"]


ARGUMENTS: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "verify": verify_arguments,
    "explain": explain_arguments,
    "init": init_arguments,
    "list": list_arguments,
    "scenarios": scenarios_arguments,
}
"""pytest's arguments of each command that is one of its options."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return its exit code."""
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what could come next; its answer ends the process
        from conformance.pytest_plugin.completion import complete

        complete()
    command, *words = (sys.argv[1:] if arguments is None else arguments) or [""]
    if command in ("-h", "--help"):
        say(HELP, end="")
        return ExitCode.CONFORMANT
    if command == "--version":
        say(f"sentinel-conformance {__version__}")
        return ExitCode.CONFORMANT
    if command == "serve":
        from conformance.fakes.__main__ import main as fakes

        return fakes(["serve", *words])
    if command == "fleet":
        from conformance.fleet.__main__ import main as fleet

        return fleet(words, f"{CONSOLE} fleet")
    if command == "completion":
        from conformance.pytest_plugin.completion import script

        return script(words)
    if command not in ARGUMENTS:
        say(f"{HELP}\nERROR: no command {command!r}" if command else HELP.rstrip(), error=True)
        return ExitCode.USAGE
    try:
        return run_pytest([*isolation(), *ARGUMENTS[command](words)])
    except SystemExit as error:  # of argparse: help was printed, or what was given cannot be read
        return ExitCode.USAGE if error.code else ExitCode.CONFORMANT
