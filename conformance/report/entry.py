"""A finished connection as runs pass it on: its part of the report, encoded once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import msgspec

from conformance._version import __version__
from conformance.connection import Connection
from conformance.findings import UNPUBLISHED, Docs
from conformance.redaction import clean_bytes, hide
from conformance.report.document import build_document
from conformance.report.model import ConnectionPart, Document, VerdictPart
from conformance.report.parts import COMMAND, connection_part
from conformance.verification.baseline import JudgedCheck, Stale
from conformance.verification.result import Report


class Entry(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One finished connection.

    ``fingerprint`` says what was verified of what (:func:`fingerprint`); ``connection`` is its part of the report, as
    JSON. The run that made the entry reads ``part`` as it was before it was encoded; only a journal's line, or an entry
    of another process, is decoded, at most once.
    """

    name: str
    fingerprint: str
    source: str
    started: datetime
    duration_s: float
    requests: int
    throttled: int
    """Answers 429."""
    connection: msgspec.Raw

    @cached_property
    def part(self) -> ConnectionPart:
        """The connection's part of the report. Raises ``msgspec.MsgspecError`` for a damaged line."""
        return msgspec.json.decode(self.connection, type=ConnectionPart)

    @property
    def verdict(self) -> VerdictPart:
        """Return the verdict of the connection."""
        return self.part.verdict


def entry(
    report: Report,
    configured: Connection,
    selection: str,
    command: str = COMMAND,
    docs: Docs = UNPUBLISHED,
    *,
    alone: bool = False,
) -> Entry:
    """Return the entry of a report; the connection is ``alone`` in its run or not.

    ``configured`` is the connection as its file has it: a source may give it other values.
    """
    part = connection_part(report, command, docs, alone=alone)
    finished = Entry(
        name=hide(report.connection.name),
        fingerprint=fingerprint(configured, report.source, selection),
        source=report.source,
        started=report.started,
        duration_s=round(report.duration, 3),
        requests=report.gathered.requests,
        throttled=sum(exchange.throttled for exchange in report.gathered.exchanges),
        connection=msgspec.Raw(clean_bytes(msgspec.json.encode(part))),
    )
    finished.__dict__["part"] = part
    return finished


def fingerprint(connection: Connection, source: str, selection: str) -> str:
    """Return the same for the same connection, source, selected checks and version of the suite.

    The credential has no part in it: where connections are shared out, only those who verify know it.
    """
    facts = [__version__, source, selection, connection.name, connection.cloud.name, *connection.apis]
    facts += [connection.profile.name, repr(connection.expect), *connection.facts().values()]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]


def document(
    entries: Sequence[Entry],
    duration: float,
    selection: str,
    command: str = COMMAND,
    stale: Sequence[Stale] = (),
    unfinished: int = 0,
    failed_tests: int = 0,
) -> Document:
    """Return the report of a run that took ``duration`` seconds, over these entries (at least one)."""
    parts = tuple(entry.part for entry in entries)
    return build_document(
        parts,
        codes=[part.verdict.exit_code for part in parts],
        started=min(entry.started for entry in entries),
        duration=duration,
        source=entries[0].source,
        selection=selection,
        requests=sum(entry.requests for entry in entries),
        command=command,
        stale=stale,
        unfinished=unfinished,
        failed_tests=failed_tests,
    )


def judged_checks(part: ConnectionPart) -> list[JudgedCheck]:
    """Return what staleness depends on, of each check of a connection's part of a report."""
    return [
        JudgedCheck(row.id, row.outcome, row.cause and (row.blocked_by or row.id), row.cause) for row in part.checks
    ]
