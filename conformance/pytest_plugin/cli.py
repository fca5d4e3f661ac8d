"""Commands without a connection: list, init, explain."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.files.regular import create_private
from conformance.redaction import clean, say
from conformance.verification.verdict import ExitCode

if TYPE_CHECKING:
    import pytest


def list_checks(*_: object) -> int:
    """Print the catalogue of checks, and return the exit code."""
    from conformance.checks.registry import AREAS, catalogue

    area = ""
    for check in catalogue().values():
        if check.area != area:
            area = check.area
            say(f"\n{AREAS.get(area, area)} ({area})")
        level = "" if check.level == "must" else " (recommended)"
        say(f"  {check.id:<9} {check.title}{level}")
    return ExitCode.CONFORMANT


def list_scenarios(*_: object) -> int:
    """Print the scenarios of the virtual tenant, each with the causes that a verification reports, and the form of a
    fault's name; return the exit code.
    """
    from conformance.sources.resolve import scenarios

    for scenario in scenarios().values():
        causes = ", ".join(scenario.causes + scenario.notes) or "-"
        say(f"{scenario.name:<26} {causes:<28} {scenario.title}")
    say("\nAlso any single answer of a service, by the name of its entry: fake:arm/AuthenticationFailed.scheme,")
    say("fake:entra/AADSTS50034. docs/fakes.md lists them. Join several names by +.")
    return ExitCode.CONFORMANT


def list_profiles(*_: object) -> int:
    """Print the profiles that a connection file can name, with the needs of each; return the exit code."""
    import textwrap

    from conformance.command_line.one_screen import WIDTH
    from conformance.connection import get_profile, profile_names

    column = " " * (max(map(len, profile_names())) + 1)
    for profile in map(get_profile, profile_names()):
        needs = ", ".join((*map(str, profile.permissions), *profile.roles)) or "what [connection.expect] names"
        for text, first in ((profile.title, profile.name.ljust(len(column))), (needs, column)):
            whole = text.replace(": ", ":\N{NO-BREAK SPACE}")  # keep a permission on the line of its API's name
            for line in textwrap.wrap(whole, WIDTH, initial_indent=first, subsequent_indent=column):
                say(line.replace("\N{NO-BREAK SPACE}", " "))
    say('\nIn a connection file: profile = "NAME". docs/profiles.md has the source of each.')
    return ExitCode.CONFORMANT


def init(where: str, *_: object) -> int:
    """Write a commented connection file to a path (never over an existing file) or to standard output; return the exit
    code.

    If ``where`` is the portal URL or the resource id of a workspace, write a file with its values, and ask for the
    others.
    """
    from conformance.connection import template
    from conformance.connection.correction import parts_of

    if parts := parts_of(where):
        return fill_in(parts)
    if where == "-":
        say(template(), end="")
        return ExitCode.CONFORMANT
    try:
        create_private(Path(where), template().encode())
    except FileExistsError:
        return usage(f"{where}: exists already, nothing written")
    except OSError as error:
        return usage(f"{where}: cannot be written: {error.strerror}")
    say(f"{where}: written; fill in the values, then: pytest --sentinel-config={where}")
    return ExitCode.CONFORMANT


def fill_in(parts: Mapping[str, str]) -> int:
    """Write a connection file with these values and the user's answers, and each secret to a separate file; return the
    exit code.

    Only their owner can read the files. No existing file is overwritten, and no link is followed.
    """
    from conformance.connection.dialogue import InterviewError
    from conformance.connection.interview import interview

    try:
        file, *secrets = interview(parts, Path.cwd())
    except InterviewError as error:
        return usage(str(error))
    secret_files = f", with the secret in {' and '.join(path.name for path in secrets)}" if secrets else ""
    say(f"{file.name}: written{secret_files}; verify it: pytest --sentinel-config={file.name}")
    return ExitCode.CONFORMANT


def explain_text(text: str, config: pytest.Config) -> int:
    """Print an explanation of each error in a text: a code, a cause or a check; return 1 if none is recognised."""
    from conformance.checks.registry import catalogue
    from conformance.errors import UsageError
    from conformance.findings import CAUSES, Docs, finding
    from conformance.findings.paste import Paste
    from conformance.report.parts import finding_part
    from conformance.report.terminal import Terminal
    from conformance.report.terminal_layout import console

    try:
        docs = Docs.at(config.getoption("--sentinel-docs"))
        paste = Paste.of(
            text,
            service=config.getoption("--sentinel-explain-service"),
            status=config.getoption("--sentinel-explain-status"),
            headers=config.getoption("--sentinel-explain-headers"),
            connection=config.getoption("--sentinel-config") or (),
        )
    except UsageError as error:
        return usage(str(error))
    terminal = Terminal(console())
    if check := catalogue().get(text):
        terminal.check(check, docs.check(check.id))
        return ExitCode.CONFORMANT
    findings = (finding(text, facts=paste.facts),) if text in CAUSES else paste.findings()
    for explained in findings:
        terminal.explain(finding_part(explained, docs), explained.code)
    return ExitCode.NONCONFORMANT if findings[0].cause == "unknown" else ExitCode.CONFORMANT


def run_pytest(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments and this plugin, and return its exit code."""
    import pytest

    return int(pytest.main(["-pconformance.plugin", *arguments]))


def usage(message: str) -> int:
    """Print one line for the user, and return the exit code."""
    say(f"ERROR: {clean(message)}", error=True)
    return ExitCode.USAGE


COMMANDS: Mapping[str, Callable[..., int]] = {
    "--sentinel-list": list_checks,
    "--sentinel-list-scenarios": list_scenarios,
    "--sentinel-list-profiles": list_profiles,
    "--sentinel-init": init,
    "--sentinel-explain": explain_text,
}


def run(option: str, value: object, config: pytest.Config) -> int:
    """Execute one of these options and return its exit code. ``config`` holds its further options."""
    try:
        code = int(COMMANDS[option](value, config))
        sys.stdout.flush()
    except BrokenPipeError:  # the reading process, such as `head`, has ended; Python must not flush again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CONFORMANT
    return code
