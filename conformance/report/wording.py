"""The words and signs of all forms of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from conformance.checks.outcome import Status
from conformance.report.model import (
    ConnectionPart,
    CoveragePart,
    Document,
    EvidencePart,
    FindingPart,
    RunPart,
    StepPart,
)
from conformance.verification.verdict import TROUBLE, Coverage, VerdictStatus

OWNERS: Mapping[str, str] = {
    "connection": "whoever filled in the connection",
    "entra-admin": "Entra administrator",
    "azure-admin": "Azure administrator",
    "workspace-owner": "owner of the workspace",
    "security-admin": "security administrator (Defender portal)",
    "network-admin": "network administrator",
    "provider": "Microsoft",
    "nobody": "nobody has to act",
    "suite": "the maintainers of this suite",
}
"""The owners of causes."""


SHELLS: Mapping[str, str] = {"powershell": "PowerShell", "cmd": "cmd.exe", "macos": "macOS"}
"""The shells that need their own form of a command, by the name of the form."""
LEVELS: Mapping[str, str] = {"must": "required", "should": "recommended"}
"""The levels of checks."""


@dataclass(frozen=True, slots=True)
class Sign:
    """The signs of an outcome or a verdict; colour is never the only one. ``plain`` is the sign in ASCII."""

    sign: str
    plain: str
    color: str
    word: str


SIGNS: Mapping[str, Sign] = {
    "passed": Sign("✓", "+", "green", "passed"),
    "warning": Sign("!", "!", "yellow", "warning"),
    "failed": Sign("✗", "x", "red", "failed"),
    "blocked": Sign("⊘", "/", "magenta", "blocked"),
    "inconclusive": Sign("?", "?", "cyan", "inconclusive"),
    "error": Sign("✗", "E", "red", "in error"),
    "not_applicable": Sign("–", "-", "dim", "not applicable"),
    "not_configured": Sign("–", "-", "dim", "not configured"),
    "conformant": Sign("✓", "+", "green", "works"),
    "nonconformant": Sign("✗", "x", "red", "does not work"),
    "incomplete": Sign("?", "?", "cyan", "could not be verified in full"),
    "partial": Sign("◐", "o", "cyan", "passed the checks that ran"),
}

ORDER: tuple[Status, ...] = (
    "failed",
    "error",
    "inconclusive",
    "blocked",
    "warning",
    "passed",
    "not_applicable",
    "not_configured",
)
"""Outcomes; those that need attention come first."""


def day_of(moment: date) -> str:
    """Return a date in English: ``3 Nov 2026``."""
    return f"{moment.day} {moment:%b %Y}"


def forms(steps: Sequence[StepPart]) -> dict[str, tuple[str, ...]]:
    """Return the commands of a fix by shell: first ``bash, zsh, Cloud Shell``, then each shell that needs its
    own form.
    """
    names = dict.fromkeys(name for step in steps for name in step.shells)
    others = [SHELLS[name] for name in ("powershell", "cmd") if name not in names]
    return {
        ", ".join(["bash", "zsh", "Cloud Shell", *others]): tuple(step.command for step in steps),
        **{SHELLS[name]: tuple(step.shells.get(name, step.command) for step in steps) for name in names},
    }


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 request``, ``2 requests``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def request_summary(run: RunPart) -> str:
    """Return the number of requests and their duration: ``53 requests in 0.2 s``."""
    return f"{plural(run.requests, 'request')} in {run.duration_s:.1f} s"


def proof_of(evidence: EvidencePart | None) -> list[str]:
    """Return the parts of a finding's proof; empty if there is none.

    A success status is left out since it proves nothing: the proof is in the answer, which the request id identifies.
    """
    if evidence is None:
        return []
    success = evidence.code is None and evidence.status is not None and 200 <= evidence.status < 300
    answer = "" if success else f"{evidence.status or 'no answer'} {evidence.code or ''}".strip()
    request = f"request {evidence.request_id}" if evidence.request_id else ""
    return [part for part in (answer, f"the answer to {request}" if success and request else request) if part]


LIMITED_SCOPE = "that these checks see "
"""An addition to sentences that say that nothing is wrong, for runs of only some of the checks."""


def counted(counts: Mapping[str, int]) -> str:
    """Return the number of checks with each outcome: ``1 failed, 46 blocked, 2 warnings, 42 passed``."""
    parts = [(counts[outcome], SIGNS[outcome].word) for outcome in ORDER if counts.get(outcome)]
    return ", ".join(f"{number} {word}{'s' if word == 'warning' and number > 1 else ''}" for number, word in parts)


def worst(counts: Mapping[str, int]) -> str:
    """Return the outcome that needs attention most.

    ``not_applicable`` and ``not_configured`` are returned only if no check passed.
    """
    outcome = next(status for status in ORDER if counts.get(status))
    return "passed" if outcome.startswith("not_") and counts.get("passed") else outcome


def headline(document: Document) -> tuple[VerdictStatus, str]:
    """Return the verdict over all connections and a sentence that states it."""
    statuses = Counter(connection.verdict.status for connection in document.connections)
    status = worst_verdict(statuses, document.run.unfinished)
    others = unfinished(document.run)
    if len(document.connections) == 1:
        (only_connection,) = document.connections
        word, coverage = SIGNS[only_connection.verdict.status].word, only_connection.verdict.coverage
        if coverage and status == "partial":
            return status, f"{only_connection.name}: {covered(coverage).passed(only_connection.verdict.counts)}{others}"
        return status, f"{only_connection.name} {word}{f' ({covered(coverage)})' if coverage else ''}{others}"
    if statuses["partial"]:
        return status, f"{in_part(statuses, len(document.connections))}{others}"
    working = statuses["conformant"]
    all_ = "All" if working == len(document.connections) and not others else f"{working} of {len(document.connections)}"
    return status, f"{all_} connections work{others}"


def part_notice(document: Document) -> str | None:
    """Return the first sentence of a page if only some of the checks ran, without a full stop; otherwise None."""
    parts = [connection.verdict.coverage for connection in document.connections if connection.verdict.coverage]
    if not parts:
        return None
    ran = f"{covered(parts[0])}" if len(document.connections) == 1 else f"on {len(parts)} of the connections"
    return f"A PART ({ran}): this is no verdict on the whole connection"


def covered(part: CoveragePart) -> Coverage:
    """Return the coverage for a part of the report."""
    return Coverage(part.ran, part.total)


def in_part(statuses: Counter[VerdictStatus], connections: int) -> str:
    """Return a sentence about several connections, some of which ran only a part of the checks."""
    parts = f"Only a part of the checks ran; they passed on {statuses['partial']} of {connections} connections"
    return f"{parts}; {statuses['conformant']} work" if statuses["conformant"] else parts


def worst_verdict(statuses: Counter[VerdictStatus], unfinished: int) -> VerdictStatus:
    """Return the worst verdict; with unfinished connections it is ``incomplete`` or worse."""
    statuses_of_all = statuses + Counter[VerdictStatus](incomplete=unfinished)
    order: tuple[VerdictStatus, ...] = ("nonconformant", "incomplete", "partial")
    return next((status for status in order if statuses_of_all[status]), "conformant")


def unfinished(run: RunPart) -> str:
    """Return the end of a sentence about connections: the number of unfinished ones; empty if there are none."""
    if run.unfinished == 0:
        return ""
    return f"; {run.unfinished} {'other is' if run.unfinished == 1 else 'others are'} not finished"


def next_action(document: Document) -> str:
    """Return the next action and its owner as a sentence."""
    trouble = [connection for connection in document.connections if connection.verdict.status in TROUBLE]
    if not trouble and document.stale:
        return f"Update the baseline: {first_sentence(document.stale[0].message)}."
    if not trouble:
        limit = (
            LIMITED_SCOPE if any(connection.verdict.status == "partial" for connection in document.connections) else ""
        )
        so_far = " so far" if document.run.unfinished else ""
        warnings = sum(connection.verdict.counts.get("warning", 0) for connection in document.connections)
        if warnings:
            parts = "a warning needs" if warnings == 1 else f"{warnings} warnings need"
            return f"Nothing {limit}is broken{so_far}; {parts} a look."
        return f"Nothing {limit}has to be fixed{so_far}."
    where = "" if len(document.connections) == 1 else f" ({trouble[0].name})"
    if not trouble[0].root_causes:
        return f"See below for what could not be established{where}."
    first = trouble[0].root_causes[0]
    return f"{capital(OWNERS[first.owner])}{where}: {first_sentence(first.fix.text)}."


def areas_of(ids: Iterable[str], part: ConnectionPart) -> list[str]:
    """Return the areas of these checks, in order."""
    selected = set(ids)
    return list(dict.fromkeys(check.area for check in part.checks if check.id in selected))


def first_sentence(text: str) -> str:
    """Return a text up to its first full stop, without it."""
    return text.partition(". ")[0].rstrip(".")


def capital(text: str) -> str:
    """Return a text with its first letter in upper case; the others are unchanged."""
    return text[:1].upper() + text[1:]


def certainty(finding: FindingPart, most: int = 99) -> str:
    """Return the certainty of a finding, with the names of at most ``most`` other possible causes."""
    if finding.certainty == "certain" or not finding.also:
        return finding.certainty
    more = len(finding.also) - most
    return f"likely; else {', '.join(finding.also[:most])}" + (f" or {more} more (-v)" if more > 0 else "")


def ranges(ids: Sequence[str]) -> str:
    """Return check ids, with consecutive ones shortened: ``LA-001, LA-010..013``."""
    parts: list[str] = []
    for prefix, group in groupby(ids, key=lambda id: id.rpartition("-")[0]):
        numbers = [int(id.rpartition("-")[2]) for id in group]
        start = previous = numbers[0]
        for number in [*numbers[1:], -1]:
            if number == previous + 1:
                previous = number
                continue
            parts.append(f"{prefix}-{start:03}" + (f"..{previous:03}" if previous > start else ""))
            start = previous = number
    return ", ".join(parts)
