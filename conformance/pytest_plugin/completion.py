"""Shell completion of the console command: its commands, options, scenarios, checks and causes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from conformance.command_line import OneScreenParser
from conformance.pytest_plugin.parsers import (
    explain_parser,
    init_parser,
    list_parser,
    profiles_parser,
    scenarios_parser,
    verify_parser,
)
from conformance.redaction import say
from conformance.report.command import CONSOLE
from conformance.verification.verdict import ExitCode

SHELLS = ("bash", "zsh", "fish")
MISSING = f"ERROR: {CONSOLE} completion needs argcomplete: pip install 'sentinel-conformance[completion]'"


def script_parser() -> argparse.ArgumentParser:
    """Return the parser of `completion`."""
    parser = OneScreenParser(
        prog=f"{CONSOLE} completion",
        description="Print what completes the command in a shell; put it into the shell's own start file.",
        epilog=f'bash, zsh:  eval "$({CONSOLE} completion bash)"\nfish:       {CONSOLE} completion fish | source',
    )
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    return parser


def script(words: Sequence[str]) -> int:
    """Print the script for a shell and return the exit code."""
    try:
        shell = script_parser().parse_args(words).shell
    except SystemExit as error:  # raised by argparse: help was printed, or the shell is not known
        return ExitCode.USAGE if error.code else ExitCode.CONFORMANT
    try:
        from argcomplete.shell_integration import shellcode
    except ModuleNotFoundError:
        say(MISSING, error=True)
        return ExitCode.USAGE
    say(shellcode([CONSOLE], shell=shell), end="")
    return ExitCode.CONFORMANT


def complete() -> None:
    """Answer the shell and end the process; return if argcomplete is not installed."""
    try:
        from argcomplete import autocomplete
    except ModuleNotFoundError:
        return
    autocomplete(command_parser())


def command_parser() -> argparse.ArgumentParser:
    """Return a parser of all commands, whose values can be completed."""
    from conformance.fakes.__main__ import serve_parser
    from conformance.fleet.__main__ import run_parser

    parsers: Mapping[str, Callable[[], argparse.ArgumentParser]] = {
        "verify": verify_parser,
        "explain": explain_parser,
        "init": init_parser,
        "list": list_parser,
        "scenarios": scenarios_parser,
        "profiles": profiles_parser,
        "serve": serve_parser,
        "fleet": run_parser,
        "completion": script_parser,
    }
    root = argparse.ArgumentParser(prog=CONSOLE)
    parser_class: Any = lambda prog, **_: parsers[prog.rpartition(" ")[2]]()  # noqa: E731 - argparse calls it as it would a class
    commands = root.add_subparsers(parser_class=parser_class)
    for name in parsers:
        action: Any  # argcomplete reads its attribute `completer`
        for action in commands.add_parser(name)._actions:
            if values := VALUES.get((name, action.dest)) or VALUES.get(("", action.dest)):
                action.completer = lambda values=values, **_: values()
    return root


def _sources() -> Iterable[str]:
    from conformance.fakes import SCENARIOS

    return ("live", "fake", "cassette", *(f"fake:{name}" for name in SCENARIOS))


def _scenarios() -> Iterable[str]:
    from conformance.fakes import SCENARIOS

    return SCENARIOS


def _areas() -> Iterable[str]:
    from conformance.checks.registry import AREAS

    return AREAS


def _checks() -> Iterable[str]:
    from conformance.checks.registry import AREAS, catalogue

    return (*AREAS, *catalogue())


def _meanings() -> Iterable[str]:
    from conformance.checks.registry import catalogue
    from conformance.findings import CAUSES

    return (*CAUSES, *catalogue())


def _languages() -> Iterable[str]:
    from conformance.report.handback.texts import LANGUAGES

    return LANGUAGES


VALUES: Mapping[tuple[str, str], Callable[[], Iterable[str]]] = {
    ("", "source"): _sources,
    ("", "language"): _languages,
    ("verify", "k"): _checks,
    ("verify", "m"): _areas,
    ("fleet", "checks"): _checks,
    ("explain", "text"): _meanings,
    ("serve", "scenario"): _scenarios,
}
"""The values of an option, by command (empty: any) and destination; the values of other options are files."""
