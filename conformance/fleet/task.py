"""Messages between client and workers. They contain paths, names and verdicts, never secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import groupby
from threading import Lock, Thread
from typing import NamedTuple

from conformance.connection import Connection, ConnectionFileError, load
from conformance.errors import UsageError
from conformance.findings import UNPUBLISHED, Docs
from conformance.probing.shortage import Shortage
from conformance.probing.transport import Patience
from conformance.redaction import clean
from conformance.report.entry import Entry, entry
from conformance.sources.base import Source, SourceError
from conformance.sources.resolve import source
from conformance.verification.api import verify_all
from conformance.verification.baseline import Baseline
from conformance.verification.verdict import ExitCode


class FleetError(UsageError):
    """The run cannot begin as asked; nothing was sent. The message is one line for the user."""


class FleetLost(Exception):
    """The run was cut off; results reported before that count. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class VerifySpec:
    """The checks and options for each connection; ``checks`` are ids, ``selection`` is their name in the report."""

    source: str
    checks: tuple[str, ...]
    selection: str
    started: datetime
    """Of the whole run."""
    deadline: float
    jobs: int
    wait: float = 0.0
    strict: bool = False
    strict_retirements: bool = False
    baseline: Baseline = ()
    docs: Docs = UNPUBLISHED


class ConnectionRef(NamedTuple):
    """Where a connection is declared: its file, and its name in that file."""

    file: str
    name: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a connection has no verdict. One line, for the user."""

    name: str
    text: str
    exit_code: ExitCode


@dataclass(frozen=True, slots=True)
class Result:
    """The entries and failures of a batch, and how many seconds it took."""

    entries: tuple[Entry, ...] = ()
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0


async def verify_each(connections: Iterable[Connection], spec: VerifySpec) -> AsyncIterator[Entry]:
    """Yield the connections' entries as they are finished. Raises :class:`~conformance.sources.base.SourceError`."""
    asked = {one.name: one for one in connections}
    reports = verify_all(
        asked.values(),
        source=_source(spec.source),
        checks=spec.checks,
        patience=Patience(deadline=spec.deadline),
        wait=spec.wait,
        strict=spec.strict,
        strict_retirements=spec.strict_retirements,
        baseline=spec.baseline,
        jobs=spec.jobs,
    )
    async for report in reports:
        of_run = replace(report, started=spec.started)  # a batch starts later than its run
        yield entry(of_run, asked[report.connection.name], spec.selection, docs=spec.docs)


def verify(places: Sequence[ConnectionRef], spec: VerifySpec) -> Result:
    """Verify connections as a task of the cluster: their files, with the secrets, are read on the worker.

    Never raises: an exception's message and values would be stored in the scheduler's memory.
    """
    began = time.monotonic()
    try:
        connections, failures = read(places)
        entries, left = asyncio.run_coroutine_threadsafe(_all(connections, spec), _loop()).result()
        failures += left
    except SourceError as error:
        entries, failures = (), [Failure(one.name, clean(str(error)), ExitCode.USAGE) for one in places]
    except Exception as error:
        text = f"an error of this suite: {type(error).__name__}"
        entries, failures = (), [Failure(one.name, text, ExitCode.INCOMPLETE) for one in places]
    return Result(entries, tuple(failures), time.monotonic() - began)


@cache
def _source(name: str) -> Source:
    """Return the source that all batches share, so that they reuse each other's sockets.

    Raises :class:`SourceError`.
    """
    return source(name)


_beginning = Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of this worker, in a thread of its own, which all its batches share.

    It lasts as long as the worker: with a loop for each batch every service would need new TLS handshakes.
    """
    with _beginning:
        return _begun()


@cache
def _begun() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="verifying", daemon=True).start()
    return loop


async def _all(connections: Sequence[Connection], spec: VerifySpec) -> tuple[tuple[Entry, ...], list[Failure]]:
    """Return the entries of these connections, and failures where this machine lacks resources, such as open files."""
    entries: list[Entry] = []
    try:
        async for one in verify_each(connections, spec):
            entries.append(one)
    except Shortage as lacking:
        names = {one.name for one in entries}
        left = [one.name for one in connections if one.name not in names]
        return tuple(entries), [Failure(name, str(lacking), ExitCode.INCOMPLETE) for name in left]
    return tuple(entries), []


def read(places: Sequence[ConnectionRef]) -> tuple[list[Connection], list[Failure]]:
    """Return the connections at these places, and a failure for each connection whose file cannot be used."""
    found: dict[str, Connection] = {}
    wrong: dict[str, str] = {}
    for file, names in _by_file(places):
        try:
            found |= {one.name: one for one in load(file) if one.name in names}
        except ConnectionFileError as error:
            wrong[file] = str(error).splitlines()[0]
    missing = [one for one in places if one.name not in found]
    failures = [
        Failure(one.name, wrong.get(one.file, f"{one.file}: no connection {one.name!r} there"), ExitCode.USAGE)
        for one in missing
    ]
    return list(found.values()), failures


def _by_file(places: Sequence[ConnectionRef]) -> Iterator[tuple[str, frozenset[str]]]:
    for file, group in groupby(sorted(places), key=lambda place: place.file):
        yield file, frozenset(one.name for one in group)
