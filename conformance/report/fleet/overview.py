"""The overview of a fleet: its causes, its changes, and its slowest and most throttled connections. ``Aggregate`` makes
it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from conformance.findings import CAUSES
from conformance.report.fleet.past import Past
from conformance.report.model import Document, EndPart, FindingPart
from conformance.report.wording import (
    LIMITED_SCOPE,
    OWNERS,
    capital,
    first_sentence,
    in_part,
    unfinished,
    worst_verdict,
)
from conformance.verification.verdict import TROUBLE, VerdictStatus

Weight = Literal["failed", "inconclusive", "warning"]
WEIGHTS: tuple[Weight, ...] = ("failed", "inconclusive", "warning")
"""The weights of a cause, the worst first; each has the name of the outcome that the cause leads to."""
MAX_ROWS = 5
"""The maximum number of connections listed as the slowest."""
NAMES = 3
"""The maximum number of names in a sentence; the others are counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One connection, without its evidence."""

    name: str
    status: VerdictStatus
    summary: str
    causes: tuple[str, ...]
    seconds: float
    throttled: int
    page: str | None
    """The name of the folder with its own pages; None if the connection is not in trouble."""
    owners: tuple[str, ...] = ()
    """The owner of each of its causes, in the same order."""
    whole: bool = True
    """True if all checks ran: only then the connection has a hand-back page."""

    @property
    def works(self) -> bool:
        """Return whether the connection is conformant."""
        return self.status == "conformant"


@dataclass(frozen=True, slots=True)
class SharedCause:
    """A cause with the connections on which it was found with this weight.

    ``owner`` is that of the first connection. ``fix`` is the text that all connections share; if their texts differ, it
    is a general one without values.
    """

    cause: str
    weight: Weight
    owner: str
    fix: str
    docs: str
    names: tuple[str, ...]
    cases: Mapping[str, FindingPart]
    """The finding by name of the connection, for a limited number of connections."""

    @property
    def means(self) -> str:
        """Return the meaning of the cause in a few words."""
        return CAUSES[self.cause].means

    @property
    def sentence(self) -> str:
        """Return ``secret_expiring: 11 connections (contoso, fabrikam, adatum and 8 others)``."""
        return f"{self.cause}: {counted(len(self.names))} ({folded(self.names)})"

    def action(self, where: str = "") -> str:
        """Return the owner, ``where`` in parentheses, and the first sentence of the fix."""
        return f"{capital(OWNERS[self.owner])}{where and f' ({where})'}: {first_sentence(self.fix)}."


@dataclass(frozen=True, slots=True)
class Changes:
    """The connections that changed since the previous run; ``failing`` and ``changed`` with their current causes."""

    since: datetime
    failing: Mapping[str, tuple[str, ...]]
    """Connections that do not work, with at least one check that newly fails."""
    fixed: tuple[str, ...]
    """Connections that work now; at least one check failed before."""
    changed: Mapping[str, tuple[str, ...]]
    """Connections with any other difference."""
    new: tuple[str, ...]
    lost: tuple[str, ...]
    same: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole fleet. ``head`` is the report of its run without the connections."""

    head: Document
    rows: tuple[Row, ...]
    causes: tuple[SharedCause, ...]
    changes: Changes | None
    checks: Mapping[str, int]
    """The number of checks with each outcome, over all connections."""
    past: Past = field(default_factory=Past)
    """The findings of earlier runs."""

    @property
    def verdicts(self) -> Counter[VerdictStatus]:
        """Return the number of connections with each verdict."""
        return Counter(row.status for row in self.rows)

    @property
    def status(self) -> VerdictStatus:
        """Return the worst verdict."""
        return worst_verdict(self.verdicts, self.head.run.unfinished)

    @property
    def sentence(self) -> str:
        """Return a sentence with the number of connections that work."""
        working, others = self.verdicts["conformant"], unfinished(self.head.run)
        if self.verdicts["partial"]:
            return f"{in_part(self.verdicts, len(self.rows))}{others}"
        all_ = "All" if working == len(self.rows) and not others else f"{working} of"
        return f"{all_} {len(self.rows)} connections work{others}"

    @property
    def action(self) -> str:
        """Return the next action as a sentence: the fix that helps most connections."""
        if self.trouble:
            first = next((cause for cause in self.causes if cause.weight != "warning"), None)
            return first.action(counted(len(first.names))) if first else "See what could not be established."
        if self.head.stale:
            return f"Update the baseline: {first_sentence(self.head.stale[0].message)}."
        scope = LIMITED_SCOPE if self.verdicts["partial"] else ""
        return f"Nothing {scope}has to be fixed{' so far' if self.head.run.unfinished else ''}."

    @property
    def ends(self) -> Sequence[EndPart]:
        """Return the announced ends that at least one connection is not ready for, the earliest first."""
        return self.head.announced_ends or ()

    @property
    def trouble(self) -> list[Row]:
        """Return the rows of connections that do not work or could not be verified in full."""
        return [row for row in self.rows if row.status in TROUBLE]

    @property
    def owners(self) -> list[str]:
        """Return the owners of the causes, in the order of ``OWNERS``."""
        owners = {cause.owner for cause in self.causes}
        return [owner for owner in OWNERS if owner in owners]

    @property
    def slowest(self) -> list[Row]:
        """Return the rows of the slowest connections, the slowest first."""
        return sorted(self.rows, key=lambda row: -row.seconds)[:MAX_ROWS]

    @property
    def throttled(self) -> list[Row]:
        """Return the rows of throttled connections, the most throttled first."""
        return sorted((row for row in self.rows if row.throttled), key=lambda row: -row.throttled)


def counted(number: int) -> str:
    """Return the number with its noun: ``1 connection``, ``11 connections``."""
    return f"{number} connection{'' if number == 1 else 's'}"


def folded(names: Sequence[str], most: int = NAMES) -> str:
    """Return the first names and the number of the others: ``a, b, c and 8 others``."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} others"
