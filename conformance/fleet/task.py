"""Messages between client and workers. They contain paths, names and verdicts, never secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
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

MAX_FILES = 4
"""Maximum files whose connections stay in memory, because more of them may be requested."""


class FleetError(UsageError):
    """The run cannot begin with these options; nothing has been sent. The message is one line for the user."""


class FleetLost(Exception):
    """The run was lost or interrupted; results reported earlier are valid. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class VerifySpec:
    """The checks and options for each connection; ``checks`` are ids, ``selection`` is their name in the report."""

    source: str
    checks: tuple[str, ...]
    selection: str
    started: datetime
    """Start of the whole run."""
    deadline: float
    jobs: int
    wait: float = 0.0
    strict: bool = False
    strict_retirements: bool = False
    baseline: Baseline = ()
    docs: Docs = UNPUBLISHED


class ConnectionRef(NamedTuple):
    """The place of a connection: its file, and its name in that file."""

    file: str
    name: str
    tenant: str = ""
    """The tenant as named in the file. The services count the requests of a tenant's connections together."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason why a connection has no verdict. One line, for the user."""

    name: str
    text: str
    exit_code: ExitCode


@dataclass(frozen=True, slots=True)
class Result:
    """The entries and failures of a batch, how many seconds it took, and notes about the run for the user."""

    entries: tuple[Entry, ...] = ()
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return the names of the finished connections, with or without a verdict."""
        return [*(entry.name for entry in self.entries), *(failure.name for failure in self.failures)]


async def verify_each(connections: Iterable[Connection], spec: VerifySpec) -> AsyncIterator[Entry]:
    """Yield the connections' entries as they are finished. A connection is taken from the iterable when it can start.

    Raises :class:`~conformance.sources.base.SourceError`.
    """
    configured: dict[str, Connection] = {}

    def remembered() -> Iterator[Connection]:
        for connection in connections:
            configured[connection.name] = connection
            yield connection

    reports = verify_all(
        remembered(),
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
        yield entry(of_run, configured.pop(report.connection.name), spec.selection, docs=spec.docs)


async def verify_places(batches: Iterable[Sequence[ConnectionRef]], spec: VerifySpec) -> AsyncIterator[Result]:
    """Read the files of these places and verify their connections; yield each as soon as it is finished.

    A batch is taken from the iterable when one of its connections can start. Raises
    :class:`~conformance.sources.base.SourceError`, and :class:`~conformance.probing.shortage.Shortage` if this machine
    lacks resources, such as open files.
    """
    failures: list[Failure] = []
    load_file = lru_cache(MAX_FILES)(load)

    def connections() -> Iterator[Connection]:
        for batch in batches:
            connections_read, wrong = read(batch, load_file)
            failures.extend(wrong)
            yield from connections_read

    async for result in verify_each(connections(), spec):
        yield Result((result,), tuple(failures))
        failures.clear()
    if failures:
        yield Result(failures=tuple(failures))


def verify(places: Sequence[ConnectionRef], spec: VerifySpec) -> Result:
    """Verify connections as a task of the cluster: their files, with the secrets, are read on the worker.

    Never raises: an exception's message and values would be stored in the scheduler's memory.
    """
    began = time.monotonic()
    try:
        entries, failures = asyncio.run_coroutine_threadsafe(_all(places, spec), _loop()).result()
    except SourceError as error:
        entries, failures = (), [Failure(place.name, clean(str(error)), ExitCode.USAGE) for place in places]
    except Exception as error:
        text = f"an error of this suite: {type(error).__name__}"
        entries, failures = (), [Failure(place.name, text, ExitCode.INCOMPLETE) for place in places]
    return Result(entries, tuple(failures), time.monotonic() - began)


@cache
def _source(name: str) -> Source:
    """Return the source that all batches share, so that they reuse each other's sockets.

    Raises :class:`SourceError`.
    """
    return source(name)


_beginning = Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of this worker, which runs in a separate thread; all its batches share it.

    It runs as long as the worker: with a loop for each batch, every service would need new TLS handshakes.
    """
    with _beginning:
        return _begun()


@cache
def _begun() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="verifying", daemon=True).start()
    return loop


async def _all(places: Sequence[ConnectionRef], spec: VerifySpec) -> tuple[tuple[Entry, ...], list[Failure]]:
    """Return the entries of these connections, and failures if this machine lacks resources, such as open files."""
    entries: list[Entry] = []
    failures: list[Failure] = []
    try:
        async for result in verify_places([places], spec):
            entries += result.entries
            failures += result.failures
    except Shortage as lacking:
        finished = Result(tuple(entries), tuple(failures)).names
        unfinished = [place.name for place in places if place.name not in finished]
        failures += [Failure(name, str(lacking), ExitCode.INCOMPLETE) for name in unfinished]
    return tuple(entries), failures


def read(
    places: Sequence[ConnectionRef], load_file: Callable[[str], Iterable[Connection]] = load
) -> tuple[list[Connection], list[Failure]]:
    """Return the connections at these places, and a failure for each connection whose file cannot be used."""
    connections: dict[str, Connection] = {}
    wrong: dict[str, str] = {}
    for file, names in _by_file(places):
        try:
            connections |= {connection.name: connection for connection in load_file(file) if connection.name in names}
        except ConnectionFileError as error:
            wrong[file] = str(error).splitlines()[0]
    missing = [place for place in places if place.name not in connections]
    failures = [
        Failure(place.name, wrong.get(place.file, f"{place.file}: no connection {place.name!r} there"), ExitCode.USAGE)
        for place in missing
    ]
    return list(connections.values()), failures


def _by_file(places: Sequence[ConnectionRef]) -> Iterator[tuple[str, frozenset[str]]]:
    for file, group in groupby(sorted(places), key=lambda place: place.file):
        yield file, frozenset(ref.name for ref in group)
