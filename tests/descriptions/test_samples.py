"""Answers of the virtual tenant have the keys, kinds of values and headers of real ones, or an explained difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import pytest

from conformance.fakes import SCENARIOS
from conformance.fakes.services.routes import ENDPOINTS
from tests.descriptions.differences import EXPLAINED, Difference
from tests.descriptions.observations import Exchange, exchanges, others
from tests.descriptions.outlines import differences, outline
from tests.descriptions.samples import FILES, SAMPLES, originals, outlined

pytestmark = pytest.mark.slow
"""Slow: the outline of an operation's answers needs all scenarios."""


@cache
def answered() -> dict[str, list[Exchange]]:
    """Return all successes with a JSON body, by operation; pages of a proxy are left out.

    The scenario ``living`` is left out: its answers depend on the order of requests, which differs between runs.
    """
    exchanges_of = defaultdict(list)
    for name in SCENARIOS.keys() - {"living"}:
        for exchange in (*exchanges(name), *(others() if name == "healthy" else ())):
            if exchange.response.status_code < 300 and exchange.response.headers.get("content-type", "").startswith(
                "application/json"
            ):
                exchanges_of[exchange.endpoint.name].append(exchange)
    return exchanges_of


def differing(name: str) -> Iterator[Difference]:
    """Yield the differences of an operation's answers from its samples."""
    ours, theirs = answered()[name], SAMPLES[name]
    recorded = {where: frozenset(kinds) for where, kinds in theirs["keys"].items()}
    for where, what in differences(outline(exchange.body for exchange in ours), recorded):
        yield Difference("samples", name, where, what)
    always, sometimes = set(theirs["headers"]["always"]), set(theirs["headers"]["sometimes"])
    if always:
        headers = {header.lower() for exchange in ours for header in exchange.response.headers}
        for header in headers - always - sometimes:
            yield Difference("samples", name, f"headers.{header}", "added")
        for header in always - headers:
            yield Difference("samples", name, f"headers.{header}", "lacking")


def test_answers_have_the_outline_of_their_samples(subtests: pytest.Subtests) -> None:
    for name in SAMPLES:
        with subtests.test(name=name):
            assert sorted(set(differing(name)) - EXPLAINED.keys()) == []


def test_every_explained_difference_exists() -> None:
    """An explanation that no longer applies must be removed."""
    there = {difference for name in SAMPLES for difference in differing(name)}
    assert (
        sorted(difference for difference in EXPLAINED if difference.to == "samples" and difference not in there) == []
    )


def test_the_outlines_are_those_of_the_samples(subtests: pytest.Subtests) -> None:
    for name in FILES:
        with subtests.test(name=name):
            samples = originals(name)
            if not samples:
                pytest.skip("no samples here")
            assert outlined(ENDPOINTS[name], samples) == SAMPLES[name]
