"""The entry of a finished connection: its part of the report, encoded once."""

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

    ``fingerprint`` identifies the connection and the scope of its verification (:func:`fingerprint`); ``connection`` is
    its part of the report as JSON. In the process that made the entry, ``part`` is the original object; otherwise (a
    line of a journal, another process) it is decoded once, on first use.
    """

    name: str
    fingerprint: str
    source: str
    started: datetime
    duration_s: float
    requests: int
    throttled: int
    """The number of answers with status 429."""
    connection: msgspec.Raw

    @cached_property
    def part(self) -> ConnectionPart:
        """Return the connection's part of the report. Raises ``msgspec.MsgspecError`` for a damaged line."""
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
    """Return the entry of a report; ``alone`` if the run has no other connection.

    ``configured`` is the connection from the file: the source may change some of its values.
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
    """Return a hash of 16 hexadecimal digits: the same for the same connection, source, selection and suite version.

    The credential is not included: when connections are split into shards, only the process that verifies one knows it.
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
    """Return the report of a run that took ``duration`` seconds; ``entries`` must not be empty."""
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
    """Return the data of each check that decides whether an acceptance in the baseline is stale."""
    return [
        JudgedCheck(row.id, row.outcome, row.cause and (row.blocked_by or row.id), row.cause) for row in part.checks
    ]
