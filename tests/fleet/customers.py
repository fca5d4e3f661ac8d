"""Journal entries of a fleet's finished connections, in different states."""

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
def entry_of(state: str) -> Entry:
    """Return the entry of the made-up connection, verified in a state."""
    return entry(verify(made_up(), source=Fake(state, START)), made_up(), "all")


def customer(state: str, name: str, **facts: object) -> Entry:
    """Return the entry of a connection with this name, verified in a state."""
    of_state = entry_of(state)
    part = msgspec.structs.replace(of_state.part, name=excerpt(name, 2000))
    raw = msgspec.Raw(msgspec.json.encode(part))
    return msgspec.structs.replace(of_state, name=name, started=START, connection=raw, **facts)


def customers(count: int, states: Sequence[str] = STATES) -> Iterator[Entry]:
    """Yield so many entries, whose states repeat; the duration of each is its number in seconds."""
    for number in range(1, count + 1):
        yield customer(states[(number - 1) % len(states)], f"customer-{number:02}", duration_s=float(number))


def overview(
    entries: Iterable[Entry],
    duration: float,
    selection: str,
    stale: Sequence[Stale] = (),
    previous: PastRun | None = None,
) -> Overview:
    """Return the overview of these entries, ordered by name."""
    aggregate = Aggregate(str, previous.connections if previous else {})
    for finished in entries:
        aggregate.add(finished)
    return aggregate.overview(duration, selection, stale=stale, previous=previous)


def summarize(
    entries: Entries,
    duration: float,
    selection: str,
    previous: PastRun | None = None,
    history: History | None = None,
) -> RunSummary | None:
    """Return the summary of a run over these entries, ordered by name; None without entries."""
    tally = Tally(str, previous=previous)
    for finished in entries():
        tally.add(finished)
    return tally.summary(entries, duration, selection, history=history)


def before() -> PastRun:
    """Return the previous run: customer-02 worked, customer-03 did not, without customer-05, with a customer-99."""
    was = {"customer-02": "healthy", "customer-03": "expired-secret"}
    entries = [customer(was[each.name], each.name) if each.name in was else each for each in customers(COUNT)]
    entries = [each for each in entries if each.name != "customer-05"] + [customer("healthy", "customer-99")]
    return run_of(document(entries, 10.0, "all"))
