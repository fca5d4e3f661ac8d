"""`sentinel-conformance`: all functions of the suite, as commands over the options of pytest and its modules."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from conformance._version import __version__
from conformance.pytest_plugin.cli import run_pytest
from conformance.pytest_plugin.options import CONFIG
from conformance.pytest_plugin.parsers import (
    EXPLAINED,
    PREFIX,
    explain_parser,
    init_parser,
    list_parser,
    profiles_parser,
    run_settings,
    scenarios_parser,
    verify_parser,
)
from conformance.redaction import say
from conformance.report.command import CONSOLE
from conformance.verification.verdict import ExitCode

HELP = """\
usage: sentinel-conformance COMMAND ...

  verify FILE...    verify connections, live (or --source=fake: simulated)
  explain TEXT      explain an error text, a log, a code, a cause or a check
  init [FILE]       write a connection file to start from, or from a portal URL
  list              list the checks
  scenarios         list what can be broken on the virtual tenant
  profiles          list what a connection can be for
  serve             serve the virtual tenant to any client
  fleet FILE...     verify many connections without pytest, here or on a cluster
  fleet trend       draw how a fleet fares over time
  completion SHELL  print what completes these commands in bash, zsh or fish

`sentinel-conformance COMMAND --help` shows the options of a command.
Exit codes: 0 works, 1 does not, 4 wrong usage, 5 nothing selected, 6 unclear.

Start here:   sentinel-conformance init conn.toml
              sentinel-conformance verify conn.toml
"""


def verify_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments for `verify` with these words."""
    options, others = verify_parser().parse_known_args(words)
    arguments = [f"{CONFIG}={file}" for file in options.connections]
    for name, _ in run_settings():
        value = getattr(options, name.replace("-", "_"))
        if value is True:
            arguments.append(f"{PREFIX}{name}")
        elif value is not None:
            arguments += [f"{PREFIX}{name}={element}" for element in (value if isinstance(value, list) else [value])]
    arguments += ["-" + "v" * options.v] if options.v else []
    arguments += [part for flag in "km" if getattr(options, flag) for part in (f"-{flag}", getattr(options, flag))]
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


def explain_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments for `explain`."""
    options = vars(explain_parser().parse_args(words))
    names = [name for name in (*EXPLAINED, "config") if options[name]]
    return [f"{PREFIX}explain={options['text']}", *(f"{PREFIX}{name}={options[name]}" for name in names)]


def init_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments for `init`."""
    return [f"{PREFIX}init={init_parser().parse_args(words).where}"]


def list_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments for `list`."""
    list_parser().parse_args(words)
    return [f"{PREFIX}list"]


def scenarios_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments for `scenarios`."""
    scenarios_parser().parse_args(words)
    return [f"{PREFIX}list-scenarios"]


def profiles_arguments(words: Sequence[str]) -> list[str]:
    """Return pytest's arguments for `profiles`."""
    profiles_parser().parse_args(words)
    return [f"{PREFIX}list-profiles"]


ARGUMENTS: Mapping[str, Callable[[Sequence[str]], list[str]]] = {
    "verify": verify_arguments,
    "explain": explain_arguments,
    "init": init_arguments,
    "list": list_arguments,
    "scenarios": scenarios_arguments,
    "profiles": profiles_arguments,
}
"""pytest's arguments of each command that is one of its options."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute a command and return its exit code."""
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for completions; the answer ends the process
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
    except SystemExit as error:  # raised by argparse: help was printed, or the arguments are invalid
        return ExitCode.USAGE if error.code else ExitCode.CONFORMANT
