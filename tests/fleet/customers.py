"""Finished connections of a fleet in different states, as a journal has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from conformance.fakes import Fake
from conformance.findings.redact import excerpt
from conformance.report.entry import Entry, entry
from conformance.verification.api import verify
from tests.contoso import START, made_up

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
