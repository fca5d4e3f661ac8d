"""The baseline: known findings that are accepted for a limited time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from conformance.checks.outcome import Accepted, Outcome, Status
from conformance.checks.registry import RETIRED, catalogue
from conformance.errors import UsageError
from conformance.findings import CAUSES
from conformance.toml_file.document import TomlDocument, day, did_you_mean, repr_short
from conformance.toml_file.positions import line_of, tables

KEYS = ("check", "connection", "cause", "reason", "expires")


class BaselineError(UsageError):
    """A baseline that cannot be used; one line per problem."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One known finding: of this check, on this connection (any by default), with this cause (any by default).

    It is valid up to and including the day ``expires``. ``where`` is ``file:line``.
    """

    check: str
    reason: str
    expires: date
    connection: str | None = None
    cause: str | None = None
    where: str = "baseline"

    def covers(self, check: str | None, cause: str | None, connection: str) -> bool:
        """Return whether this acceptance covers the finding of a check and cause on the connection of this name."""
        return check == self.check and self.connection in (None, connection) and self.cause in (None, cause)

    @property
    def subject(self) -> str:
        """Return the accepted check, cause and connection as text, for messages."""
        narrowed = ", ".join(part for part in (self.connection, self.cause) if part)
        return f"{self.check} ({narrowed})" if narrowed else self.check


Baseline = tuple[Acceptance, ...]


class JudgedCheck(NamedTuple):
    """The status of a check, and the check and cause of its root, if any: staleness depends only on these."""

    check: str
    status: Status
    root_check: str | None = None
    cause: str | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> JudgedCheck:
        """Return the judged check of an outcome."""
        root = outcome.root
        return cls(outcome.check, outcome.status, *((root.check, root.finding.cause) if root else (None, None)))


@dataclass(frozen=True, slots=True)
class Stale:
    """An acceptance to remove: its check passes, or it has expired."""

    acceptance: Acceptance
    why: Literal["passing", "expired"]

    @property
    def message(self) -> str:
        """Return one line: the file and line of the acceptance, why it is stale, and what to do."""
        entry = self.acceptance
        if self.why == "passing":
            return f"{entry.where}: {entry.subject} is accepted until {entry.expires}, but passes: remove the entry"
        return (
            f"{entry.where}: the acceptance of {entry.subject} expired on {entry.expires}: fix it, or give a later day"
        )


def accept(outcomes: Iterable[Outcome], connection: str, baseline: Baseline, today: date) -> list[Outcome]:
    """Return the outcomes of a connection, in the same order, with accepted findings marked.

    Accepting a root also accepts all checks that it blocks. An error has no root, and is never accepted.
    """

    def marked(outcome: Outcome) -> Outcome:
        for acceptance in baseline:
            root = outcome.root
            if root and today <= acceptance.expires and acceptance.covers(root.check, root.finding.cause, connection):
                return replace(outcome, accepted=Accepted(acceptance.reason, acceptance.expires))
        return outcome

    return [marked(outcome) for outcome in outcomes]


class BaselineUse:
    """Records which acceptances of a baseline the connections of a run use; connections are added one at a time."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self._statuses: list[set[Status]] = [set() for _ in baseline]
        self._covers = [False] * len(baseline)

    def add(self, connection: str, checks: Sequence[JudgedCheck]) -> None:
        """Add the judged checks of a connection, by its name."""
        for at, acceptance in enumerate(self._baseline):
            if acceptance.connection in (None, connection):
                self._statuses[at] |= {check.status for check in checks if check.check == acceptance.check}
                self._covers[at] |= any(
                    acceptance.covers(check.root_check, check.cause, connection) for check in checks
                )

    def stale(self, today: date) -> tuple[Stale, ...]:
        """Return the stale acceptances. An acceptance whose check was not selected is not stale."""
        result = []
        for acceptance, statuses, covers in zip(self._baseline, self._statuses, self._covers, strict=True):
            if statuses == {"passed"} and not covers:
                result.append(Stale(acceptance, "passing"))
            elif acceptance.expires < today and (statuses or covers):
                result.append(Stale(acceptance, "expired"))
        return tuple(result)


def read(path: Path) -> Baseline:
    """Return the baseline of a file of ``[[accept]]`` tables.

    Raises :class:`BaselineError` with all its problems. The user's own checks must be imported first: an unknown check
    id is a problem.
    """
    file = TomlDocument(path)
    entries: list[Acceptance] = []
    if parsed := file.parse():
        text, document = parsed
        sections = tables(text)
        starts = [table for table in sections if table.path == "accept"]
        for key in document:
            if key != "accept":
                line = sections[0].keys.get(key) or next(
                    table.line for table in sections if table.path.split(".")[0] == key
                )
                file.add_problem(
                    f"unknown key {repr_short(key)}{did_you_mean(key, ('accept',))}; an entry is a table [[accept]]",
                    line,
                )
        rows = document.get("accept", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            file.add_problem("accept: expected tables [[accept]]", line_of(sections[0], "accept", {}))
            rows = []
        for number, row in enumerate(rows):
            table = starts[number] if number < len(starts) else sections[0]
            lines = {key: line_of(table, key, {}) for key in (*KEYS, *row)}
            if entry := _entry(file, row, lines, table.line):
                entries.append(entry)
    if file.wrong:
        raise BaselineError("\n".join(file.problems))
    return tuple(entries)


def _entry(file: TomlDocument, row: Mapping[str, Any], lines: Mapping[str, int], line: int) -> Acceptance | None:
    before = len(file.wrong)
    for key in row:
        if key not in KEYS:
            file.add_problem(f"unknown key {repr_short(key)}{did_you_mean(key, KEYS)}", lines[key])
    for key in ("check", "reason", "expires"):
        if key not in row:
            file.add_problem(f"missing key {key!r}", line)
    for key in ("check", "connection", "cause", "reason"):
        if key in row and not (isinstance(row[key], str) and row[key].strip()):
            file.add_problem(f"{key}: found {repr_short(row[key])}, expected a text in quotes", lines[key])
    expires = day(row.get("expires"))
    if "expires" in row and expires is None:
        file.add_problem(
            f"expires: found {repr_short(row['expires'])}, expected a date such as 2027-03-01", lines["expires"]
        )
    for key, known_names in (("check", catalogue()), ("cause", CAUSES)):
        value = row.get(key)
        if isinstance(value, str) and value.strip() and value not in known_names:
            became = (
                f"; it is retired: {RETIRED[value]}"
                if key == "check" and value in RETIRED
                else did_you_mean(value, known_names)
            )
            file.add_problem(f"{key}: there is no {key} {repr_short(value)}{became}", lines[key])
    if len(file.wrong) > before or expires is None:
        return None
    return Acceptance(
        row["check"], row["reason"], expires, row.get("connection"), row.get("cause"), f"{file.path}:{line}"
    )
