"""The verdict as a pure function of the outcomes; terminal, exit code and reports use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal

from conformance.checks.outcome import Accepted, Outcome, Root
from conformance.findings import CAUSES


class ExitCode(IntEnum):
    """The exit codes of a run; 2 and 3 are pytest's own."""

    CONFORMANT = 0
    NONCONFORMANT = 1
    USAGE = 4
    NOTHING_SELECTED = 5
    INCOMPLETE = 6


VerdictStatus = Literal["conformant", "nonconformant", "incomplete", "partial"]
"""``partial``: the checks that ran hold, and others did not run. It is no verdict on the whole connection."""
TROUBLE: Collection[VerdictStatus] = ("nonconformant", "incomplete")
"""Verdicts that need action."""

STATUSES: Mapping[VerdictStatus, ExitCode] = {
    "conformant": ExitCode.CONFORMANT,
    "nonconformant": ExitCode.NONCONFORMANT,
    "incomplete": ExitCode.INCOMPLETE,
    "partial": ExitCode.CONFORMANT,
}


@dataclass(frozen=True, slots=True)
class RootCause:
    """A cause to fix, the check that owns it, and the selected checks that it blocks; ``accepted``: by a baseline."""

    root: Root
    blocks: tuple[str, ...]
    accepted: Accepted | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The number of checks that ran, and the ``total`` of a whole verification."""

    ran: int
    total: int

    def __str__(self) -> str:
        """Return ``12 of 92 checks ran``."""
        return f"{self.ran} of {self.total} checks ran"

    def passed(self, counts: Mapping[str, int]) -> str:
        """Return ``12 of 92 checks ran; they passed``, for checks with these counts of outcomes, none of them
        failed.
        """
        passed = counts.get("passed", 0) + counts.get("warning", 0)
        who = "it" if self.ran == 1 else "they" if passed == self.ran else f"{passed}"
        return f"{self}; {who} passed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one connection. ``root_causes`` are sorted: conclusive before inconclusive, those that block most
    checks first.

    ``accepted`` causes are listed separately: they need no fix now.
    """

    status: VerdictStatus
    counts: Mapping[str, int]
    root_causes: tuple[RootCause, ...]
    accepted: tuple[RootCause, ...]
    summary: str
    coverage: Coverage | None = None
    """None where all checks ran."""

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code that belongs to the status."""
        return STATUSES[self.status]


ANNOUNCED = frozenset({"api_retires_soon"})
"""Causes of warnings about Microsoft's announcements: nothing is wrong yet, and the user cannot change it."""


def warnings_as_failures(outcomes: Iterable[Outcome], *, announced: bool = False, others: bool = True) -> list[Outcome]:
    """Return the outcomes with warnings as failures: those of ``ANNOUNCED`` causes, and all ``others``."""
    return [
        replace(outcome, status="failed")
        if outcome.status == "warning" and (announced if outcome.cause in ANNOUNCED else others)
        else outcome
        for outcome in outcomes
    ]


def verdict(outcomes: Sequence[Outcome], *, not_run: int = 0) -> Verdict:
    """Return the verdict over the outcomes of one connection's selected checks.

    Accepted findings do not count against it. ``not_run`` is the number of further checks in a whole verification.
    """
    counts: dict[str, int] = Counter(outcome.status for outcome in outcomes)
    standing = [outcome for outcome in outcomes if outcome.accepted is None]
    causes = root_causes(standing)
    accepted = root_causes([outcome for outcome in outcomes if outcome.accepted])
    if any(outcome.status == "failed" for outcome in standing) or any(cause.root.conclusive for cause in causes):
        status: VerdictStatus = "nonconformant"
    elif causes or counts["error"] or not counts["passed"] + counts["warning"]:
        status = "incomplete"
    else:
        status = "partial" if not_run else "conformant"
    if causes:
        causes += interruptions(standing)
    coverage = Coverage(len(outcomes), len(outcomes) + not_run) if not_run else None
    return Verdict(status, counts, causes, accepted, summary(status, counts, causes, accepted, coverage), coverage)


def exit_code(codes: Iterable[int], stale: Sequence[object] = (), *, unfinished: int = 0) -> ExitCode:
    """Return the exit code of a run, from the exit codes of its connections.

    ``unfinished`` is the number of connections without an exit code. ``stale`` acceptances make the run fail.
    """
    candidates = (
        {*codes} | ({ExitCode.NONCONFORMANT} if stale else set()) | ({ExitCode.INCOMPLETE} if unfinished else set())
    )
    order = (ExitCode.NONCONFORMANT, ExitCode.INCOMPLETE)
    return next((code for code in order if code in candidates), ExitCode.CONFORMANT)


def root_causes(outcomes: Sequence[Outcome]) -> tuple[RootCause, ...]:
    """Return the root causes of all failed, inconclusive and blocked checks, once for each pair of check and cause."""
    roots: dict[tuple[str, str], Root] = {}
    blocks: dict[tuple[str, str], list[str]] = {}
    accepted: dict[tuple[str, str], Accepted | None] = {}
    for outcome in outcomes:
        if outcome.root is None or outcome.status == "warning":
            continue
        key = (outcome.root.check, outcome.root.finding.cause)
        if key not in roots or outcome.status != "blocked":
            roots[key] = outcome.root
        accepted[key] = outcome.accepted
        if outcome.status == "blocked":
            blocks.setdefault(key, []).append(outcome.check)
    causes = [RootCause(root, tuple(blocks.get(key, ())), accepted[key]) for key, root in roots.items()]
    return tuple(sorted(causes, key=lambda cause: (not cause.root.conclusive, -len(cause.blocks))))


def interruptions(outcomes: Sequence[Outcome]) -> tuple[RootCause, ...]:
    """Return warnings of interrupted data ingestion as root causes, unless another root cause already reports it."""
    roots = {
        (outcome.check, outcome.root.finding.cause): outcome.root
        for outcome in outcomes
        if outcome.status == "warning" and outcome.root and CAUSES[outcome.root.finding.cause].interrupts
    }
    causes = {cause.root.finding.cause for cause in root_causes(outcomes)}
    return tuple(RootCause(root, ()) for (_, cause), root in roots.items() if cause not in causes)


def summary(
    status: VerdictStatus,
    counts: Mapping[str, int],
    causes: Sequence[RootCause],
    accepted: Sequence[RootCause] = (),
    coverage: Coverage | None = None,
) -> str:
    """Return the verdict as one sentence; ``coverage`` is given if only some of the checks ran."""
    accepted_text = f", {len(accepted)} known {'finding is' if len(accepted) == 1 else 'findings are'} accepted"
    accepted_text = accepted_text if accepted else ""
    passed = f"{counts.get('passed', 0)} checks passed{accepted_text}"
    warnings = counts.get("warning", 0)
    tail = f", {warnings} of note" if warnings else ""
    if status == "conformant":
        tail = f", {warnings} warning{'' if warnings == 1 else 's'}" if warnings else ""
        return f"The connection works: {passed}{tail}."
    if coverage and status == "partial":
        return f"{coverage.passed(counts)}{accepted_text}{tail}. That is no verdict on the whole connection."
    if coverage:
        passed += f" ({coverage})"
    if not causes:
        if counts.get("error"):
            return f"Not everything could be established: {counts['error']} checks ended in an error of ours; {passed}."
        if accepted:
            return f"Nothing could be established beyond what is accepted: {passed}."
        return "Nothing could be established: no selected check applies to this connection."
    names = ", ".join(dict.fromkeys(cause.root.finding.cause for cause in causes))
    blocked = sum(len(cause.blocks) for cause in causes)
    hit = f", which also blocks {blocked} other check{'' if blocked == 1 else 's'}" if blocked else ""
    if status == "nonconformant":
        return f"The connection does not work: {names}{hit}; {passed}."
    return f"Not everything could be established: {names}{hit}; {passed}."
