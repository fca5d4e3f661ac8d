"""What the command line does without a connection: list, init, explain."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from conformance.redaction import clean, say
from conformance.regular_file import create_private
from conformance.verification.verdict import ExitCode

LARGEST = 1024 * 1024
"""Bytes of an error text that are read."""


def list_checks(*_: object) -> int:
    """The catalogue of checks."""
    from conformance.checks.registry import AREAS, catalogue

    area = ""
    for check in catalogue().values():
        if check.area != area:
            area = check.area
            say(f"\n{AREAS.get(area, area)} ({area})")
        level = "" if check.level == "must" else " (should)"
        say(f"  {check.id:<9} {check.title}{level}")
    return ExitCode.CONFORMANT


def list_scenarios(*_: object) -> int:
    """The scenarios of the virtual tenant, each with the causes that a verification names, and how to name a fault."""
    from conformance.fakes import SCENARIOS

    for one in SCENARIOS.values():
        causes = ", ".join(one.causes + one.notes) or "-"
        say(f"{one.name:<26} {causes:<28} {one.title}")
    say("\nAlso any single answer of a service, by the name of its entry: fake:arm/AuthenticationFailed.scheme,")
    say("fake:entra/AADSTS50034. docs/fakes.md lists them. Join several names by +.")
    return ExitCode.CONFORMANT


def init(where: str, *_: object) -> int:
    """A commented connection file, to a path (never over an existing file) or to standard output."""
    from conformance.connection import template

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


def explain_text(text: str, address: str | None) -> int:
    """What an error text, a JSON body or a code means, a cause or a check; 1 if it is not recognised."""
    from conformance.checks.registry import catalogue
    from conformance.findings import CAUSES, Docs, DocsError, explain, finding
    from conformance.report.model import finding_part
    from conformance.report.terminal import Terminal
    from conformance.report.terminal_layout import console

    try:
        docs = Docs.at(address)
    except DocsError as error:
        return usage(str(error))
    terminal = Terminal(console())
    if check := catalogue().get(text):
        terminal.check(check, docs.check(check.id))
        return ExitCode.CONFORMANT
    found = finding(text) if text in CAUSES else explain(sys.stdin.buffer.read(LARGEST) if text == "-" else text)
    terminal.explain(finding_part(found, docs), found.code)
    return ExitCode.NONCONFORMANT if found.cause == "unknown" else ExitCode.CONFORMANT


def usage(message: str) -> int:
    """One clear line."""
    say(f"ERROR: {clean(message)}", error=True)
    return ExitCode.USAGE


COMMANDS: Mapping[str, Callable[..., int]] = {
    "--sentinel-list": list_checks,
    "--sentinel-list-scenarios": list_scenarios,
    "--sentinel-init": init,
    "--sentinel-explain": explain_text,
}


def run(option: str, value: object, docs: str | None = None) -> int:
    """Carries out one of these options; its exit code. ``docs`` is the address of the published site."""
    return int(COMMANDS[option](value, docs))
