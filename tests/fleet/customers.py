"""Finished connections of a fleet in different states, as a journal has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache

import msgspec

from conformance.fakes import Fake
from conformance.findings.redact import excerpt
from conformance.outputs.summary import Entries, RunSummary, Tally
from conformance.report.comparison import PastRun, run_of
from conformance.report.entry import Entry, document, entry
from conformance.report.fleet.aggregate import Aggregate
from conformance.report.fleet.overview import Overview
from conformance.results.history import History
from conformance.verification.api import verify
from conformance.verification.baseline import Stale
from tests.contoso import START, made_up

COUNT = 24
DAY = timedelta(days=1)
STATES = ("healthy", "expired-secret", "healthy", "no-azure-role", "healthy", "throttled", "service-down", "healthy")


@cache
def one(state: str) -> Entry:
    return entry(verify(made_up(), source=Fake(state, START)), made_up(), "all")


def named(state: str, name: str, **facts: object) -> Entry:
    """A connection in a state, under a name."""
    of_state = one(state)
    part = msgspec.structs.replace(of_state.part, name=excerpt(name, 2000))
    raw = msgspec.Raw(msgspec.json.encode(part))
    return msgspec.structs.replace(of_state, name=name, started=START, connection=raw, **facts)


def customers(count: int, states: Sequence[str] = STATES) -> Iterator[Entry]:
    """So many connections, whose states repeat; each took as many seconds as its number says."""
    for number in range(1, count + 1):
        yield named(states[(number - 1) % len(states)], f"customer-{number:02}", duration_s=float(number))


def overview(
    entries: Iterable[Entry],
    duration: float,
    selection: str,
    stale: Sequence[Stale] = (),
    previous: PastRun | None = None,
) -> Overview:
    """The overview of these connections, by their names."""
    aggregate = Aggregate(str, previous.connections if previous else {})
    for customer in entries:
        aggregate.add(customer)
    return aggregate.overview(duration, selection, stale=stale, previous=previous)


def summarize(
    entries: Entries,
    duration: float,
    selection: str,
    previous: PastRun | None = None,
    history: History | None = None,
) -> RunSummary | None:
    """The end of a run over these connections, by their names."""
    tally = Tally(str, previous=previous)
    for customer in entries():
        tally.add(customer)
    return tally.summary(entries, duration, selection, history=history)


def before() -> PastRun:
    """The run before: customer-02 worked, customer-03 did not, customer-05 was not there, and one more was."""
    was = {"customer-02": "healthy", "customer-03": "expired-secret"}
    entries = [named(was[one.name], one.name) if one.name in was else one for one in customers(COUNT)]
    entries = [one for one in entries if one.name != "customer-05"] + [named("healthy", "customer-99")]
    return run_of(document(entries, 10.0, "all"))
