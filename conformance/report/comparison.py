"""The differences between two runs."""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from conformance.checks.outcome import Status
from conformance.errors import UsageError
from conformance.files.regular import FileError, open_file
from conformance.probing.shapes import MAX_LENGTH

if TYPE_CHECKING:
    from conformance.report.model import ConnectionPart, Document

SCHEMAS = ("sentinel-conformance/report/1", "sentinel-conformance/cassette/1")
"""Schemas of files that can be compared: a report, and the manifest of a cassette."""
FAILING = frozenset({"failed", "blocked", "inconclusive", "error"})
MAX_FIELDS = 50
"""The maximum number of changed fields listed for one endpoint; further ones are counted."""


class ComparisonError(UsageError):
    """A file that cannot be compared; the message is one line for the user."""


# The parts of a run that are compared


class PastCheck(msgspec.Struct, frozen=True):
    id: str
    outcome: Status
    cause: str | None = None
    blocked_by: str | None = None


class PastConnection(msgspec.Struct, frozen=True):
    name: str
    checks: tuple[PastCheck, ...]
    shapes: dict[str, tuple[str, ...]] = {}


class PastSuite(msgspec.Struct, frozen=True):
    version: str
    checks: str


class _Head(msgspec.Struct):
    schema: str = ""


class _Started(msgspec.Struct):
    started: datetime


class _PastReport(msgspec.Struct):
    run: _Started
    suite: PastSuite
    connections: list[msgspec.Raw]


class _PastManifest(PastConnection, frozen=True, kw_only=True):
    recorded: datetime
    suite: str
    checks_version: str


class Packed(Mapping[str, PastConnection]):
    """Connections by name, compressed in memory and decompressed on access; a fleet can have thousands."""

    def __init__(self, connections: Iterable[PastConnection]) -> None:
        self._packed = {past.name: zlib.compress(msgspec.json.encode(past), 1) for past in connections}

    def __getitem__(self, name: str) -> PastConnection:
        return msgspec.json.decode(zlib.decompress(self._packed[name]), type=PastConnection)

    def __contains__(self, name: object) -> bool:
        return name in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


@dataclass(frozen=True, slots=True)
class PastRun:
    """The part of a run that is compared: its connections by name."""

    started: datetime
    suite: PastSuite
    connections: Mapping[str, PastConnection]
    unfinished: Collection[str] = ()
    """Connections without a result in this run; they do not count as lost."""

    def missing_from(self, now: Collection[str]) -> tuple[str, ...]:
        """Return the names of this run's connections that are missing from ``now``."""
        return tuple(name for name in self.connections if name not in now and name not in self.unfinished)


# The comparison in the report


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the comparison."""


class PreviousPart(Part, frozen=True, kw_only=True):
    """The run that this one is compared with."""

    started: datetime
    suite: PastSuite


class ChangePart(Part, frozen=True, kw_only=True):
    """A check with another outcome or cause. A cause is None where the check did not fail."""

    check: str
    was: Status
    outcome: Status
    was_cause: str | None
    cause: str | None
    blocked_by: str | None
    """The check that owns the cause; for a check that passes now, the check that owned its previous cause."""


class RetypedPart(Part, frozen=True, kw_only=True):
    field: str
    was: str
    type: str


class ShapePart(Part, frozen=True, kw_only=True):
    """Changes in the answers of an endpoint: fields that were added, removed, or have another type."""

    endpoint: str
    came: tuple[str, ...]
    went: tuple[str, ...]
    retyped: tuple[RetypedPart, ...]
    more: int
    """The number of changed fields that are not listed."""


class ChangesPart(Part, frozen=True, kw_only=True):
    """The changes of one connection. A check is in one of the lists at most."""

    newly_failing: tuple[ChangePart, ...]
    """Checks that are failed, blocked, inconclusive or in error now, and were not before."""
    newly_passing: tuple[ChangePart, ...]
    changed_causes: tuple[ChangePart, ...]
    """Checks that fail in both runs or in neither, with another cause or outcome."""
    new_checks: tuple[str, ...]
    lost_checks: tuple[str, ...]
    shapes: tuple[ShapePart, ...]

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__struct_fields__)


class ComparisonPart(Part, frozen=True, kw_only=True):
    """The changes since the previous run by connection, and the connections that are only in one of the two runs."""

    previous: PreviousPart
    connections: dict[str, ChangesPart]
    new_connections: tuple[str, ...]
    lost_connections: tuple[str, ...]


def past(file: str | None, names: Collection[str]) -> PastRun | None:
    """Return the run in a file, for comparison with a run over the connections ``names``; None without a file.

    Raises :class:`ComparisonError` if the file cannot be read or has none of these connections.
    """
    if file is None:
        return None
    run = read(Path(file))
    if names and run.connections.keys().isdisjoint(names):
        listing = ", ".join(run.connections) or "nothing"
        raise ComparisonError(f"{file}: has none of these connections, but {listing}")
    return run


def read(path: Path) -> PastRun:
    """Return the run in a report or in the manifest of a cassette. Raises :class:`ComparisonError`."""
    try:
        with open_file(path) as file:
            # A fleet's report can be large: map it, so that it is not all in memory at once.
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.path.getsize(path) else b""
        return _run(content, path)
    except OSError as error:
        raise ComparisonError(f"{path}: cannot be read: {error.strerror}") from None
    except FileError as error:
        raise ComparisonError(f"{path}: {error}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ComparisonError(f"{path}: no report and no manifest of a cassette: {error}") from None


def _run(content: bytes | mmap.mmap, path: Path) -> PastRun:
    schema = msgspec.json.decode(content, type=_Head).schema
    if schema not in SCHEMAS:
        raise ComparisonError(f"{path}: neither a report nor the manifest of a cassette ({' or '.join(SCHEMAS)})")
    if schema == SCHEMAS[0]:
        report = msgspec.json.decode(content, type=_PastReport)
        connections = Packed(msgspec.json.decode(connection, type=PastConnection) for connection in report.connections)
        return PastRun(report.run.started, report.suite, connections)
    manifest = msgspec.json.decode(content, type=_PastManifest)
    connection = PastConnection(manifest.name, manifest.checks, manifest.shapes)
    return PastRun(manifest.recorded, PastSuite(manifest.suite, manifest.checks_version), {manifest.name: connection})


def run_of(document: Document) -> PastRun:
    """Return the part of a report that is compared."""
    suite = PastSuite(document.suite.version, document.suite.checks)
    return PastRun(
        document.run.started, suite, {connection.name: past_of(connection) for connection in document.connections}
    )


def past_of(connection: ConnectionPart) -> PastConnection:
    """Return the part of a connection's report that is compared."""
    return msgspec.convert(connection, PastConnection, from_attributes=True)


def compare(previous: PastRun, current: PastRun) -> ComparisonPart:
    """Return the differences between two runs."""
    before, now = previous.connections, current.connections
    return ComparisonPart(
        previous=PreviousPart(started=previous.started, suite=previous.suite),
        connections={name: changes(before[name], part) for name, part in now.items() if name in before},
        new_connections=tuple(name for name in now if name not in before),
        lost_connections=previous.missing_from(now),
    )


def changes(before: PastConnection, now: PastConnection) -> ChangesPart:
    """Return the differences between two results of the same connection."""
    was, checks = ({check.id: check for check in part.checks} for part in (before, now))
    pairs = [_change(was[id], check) for id, check in checks.items() if id in was]
    changed = [pair for pair in pairs if (pair.was, pair.was_cause) != (pair.outcome, pair.cause)]
    return ChangesPart(
        newly_failing=tuple(change for change in changed if change.was not in FAILING and change.outcome in FAILING),
        newly_passing=tuple(change for change in changed if change.was in FAILING and change.outcome not in FAILING),
        changed_causes=tuple(change for change in changed if (change.was in FAILING) == (change.outcome in FAILING)),
        new_checks=tuple(id for id in checks if id not in was),
        lost_checks=tuple(id for id in was if id not in checks),
        shapes=tuple(_shapes(before.shapes, now.shapes)),
    )


def _change(was: PastCheck, now: PastCheck) -> ChangePart:
    return ChangePart(
        check=now.id,
        was=was.outcome,
        outcome=now.outcome,
        was_cause=was.cause,
        cause=now.cause,
        blocked_by=now.blocked_by if now.outcome in FAILING else was.blocked_by,
    )


def _shapes(before: Mapping[str, tuple[str, ...]], now: Mapping[str, tuple[str, ...]]) -> Iterator[ShapePart]:
    """Yield the differences of each endpoint that answered in both runs, if its fields changed."""
    for endpoint in sorted(before.keys() & now.keys()):
        was, types = (dict(line.rsplit(": ", 1) for line in shapes[endpoint]) for shapes in (before, now))
        came = [field for field in types if _missing(field, was)]
        went = [field for field in was if _missing(field, types)]
        retyped = [
            RetypedPart(field=field, was=was[field], type=kind)
            for field, kind in types.items()
            if field in was and kind != was[field] and "null" not in (kind, was[field])
        ]
        if came or went or retyped:
            yield ShapePart(
                endpoint=endpoint,
                came=tuple(came[:MAX_FIELDS]),
                went=tuple(went[:MAX_FIELDS]),
                retyped=tuple(retyped[:MAX_FIELDS]),
                more=sum(max(0, len(fields) - MAX_FIELDS) for fields in (came, went, retyped)),
            )


def _missing(field: str, shape: Mapping[str, str]) -> bool:
    """Return whether a shape lacks a field although it has the object that would contain the field.

    An empty array, or an object of a kind that did not occur, does not show which fields are missing. Neither does a
    shape that was cut off before the field.
    """
    around, _, _ = field.rpartition("/")
    if field in shape or field[-1:] in ("]", ">") or (around and around not in shape):
        return False
    return len(shape) < MAX_LENGTH or field < max(shape)
