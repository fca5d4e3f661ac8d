"""The fix of a finding at the terminal: its text, its commands, and how to distinguish possible causes."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.findings import CAUSES
from conformance.report.model import FindingPart, FixPart, StepPart
from conformance.report.terminal_layout import Line, continued, row
from conformance.report.wording import OWNERS, SHELLS, capital, first_sentence


def commands(fix: FixPart, *, full: bool = False) -> Iterator[Line]:
    """Yield the commands. On a small screen, only the first of several similar ones is shown.

    ``full`` adds required roles, forms for other shells, and the commands that revert.
    """
    first = {_kind(step): step for step in reversed(fix.steps)}
    repeated = [step for step in fix.steps if first[_kind(step)] is not step]
    for number, step in enumerate(fix.steps):
        brief = f"({len(repeated)} more like it: -v)" if repeated[:1] == [step] else None
        yield row(
            "run" if number == 0 else "",
            step.command,
            style="bold",
            wrap=continued,
            rank=2 if step in repeated else 0,
            brief=brief,
        )
        if full:
            for name, text in step.shells.items():
                yield row("", f"{SHELLS[name]}: {text}", style="dim")
            if step.role:
                yield row("", f"needs: {step.role}", style="dim")
            if step.undo:
                yield row("", f"undo: {step.undo}", style="dim")


def _kind(step: StepPart) -> str:
    """Return the kind of a command: its first four words."""
    return " ".join(step.command.split()[:4])


def others(finding: FindingPart) -> Iterator[Line]:
    """Yield a line for each possible cause that says how to recognise it; nothing if there is only one."""
    for name in (finding.cause, *finding.also) if finding.also else ():
        if tell := CAUSES[name].tell:
            yield row("", f"{name}: {tell}", style="dim")


def fix(finding: FindingPart, *, full: bool = False) -> Iterator[Line]:
    """Yield the fix with its owner, commands and portal path. On a small screen, the text is cut after its first
    sentence.
    """
    owner, text = capital(OWNERS[finding.owner]), finding.fix.text
    yield row("fix", f"{owner}: {text}", rank=2, brief=f"{owner}: {first_sentence(text)}.")
    yield from commands(finding.fix, full=full)
    if finding.fix.portal:
        yield row("portal", finding.fix.portal, rank=5 if finding.fix.commands else 0)
