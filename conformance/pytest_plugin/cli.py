"""What the command line does without a connection: list, init, explain."""

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
    """Print the scenarios of the virtual tenant, each with the causes that a verification names, and how to name a
    fault.
    """
    from conformance.sources.resolve import scenarios

    for scenario in scenarios().values():
        causes = ", ".join(scenario.causes + scenario.notes) or "-"
        say(f"{scenario.name:<26} {causes:<28} {scenario.title}")
    say("\nAlso any single answer of a service, by the name of its entry: fake:arm/AuthenticationFailed.scheme,")
    say("fake:entra/AADSTS50034. docs/fakes.md lists them. Join several names by +.")
    return ExitCode.CONFORMANT


def list_profiles(*_: object) -> int:
    """Print the profiles that a connection file can name, with what each one asks for."""
    from conformance.connection import get_profile, profile_names

    for profile in map(get_profile, profile_names()):
        say(f"{profile.name:<28} {profile.title}")
        needs = (*map(str, profile.permissions), *profile.roles)
        say(f"{'':<28} {', '.join(needs) or 'what [connection.expect] names'}")
    say('\nIn a connection file: profile = "NAME". docs/profiles.md has the source of each.')
    return ExitCode.CONFORMANT


def init(where: str, *_: object) -> int:
    """Write a commented connection file to a path (never over an existing file) or to standard output.

    Of the portal URL or the resource id of a workspace: a file with its values, which asks for the others.
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
    """Write a connection file with these values and those that are asked for; the secret has a file of its own.

    Both files are for their owner only, and never written over another or through a link.
    """
    from conformance.connection.interview import InterviewError, interview

    try:
        file, secret = interview(parts, Path.cwd())
    except InterviewError as error:
        return usage(str(error))
    say(f"{file.name}: written, with the secret in {secret.name}; verify it: pytest --sentinel-config={file.name}")
    return ExitCode.CONFORMANT


def explain_text(text: str, config: pytest.Config) -> int:
    """Print what each error of a text means, a code, a cause or a check; return 1 if none is recognised."""
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
    """Carries out one of these options; its exit code. ``config`` holds the options that go with it."""
    try:
        code = int(COMMANDS[option](value, config))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough; Python must not try to flush again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CONFORMANT
    return code
