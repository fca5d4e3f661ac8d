"""Watching a connection until it works."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.verification.pipeline import Examination, Policy, gather, select_checks
from conformance.verification.watch import Watch
from conformance.verification.watch_event import WatchEvent
from tests.contoso import START, made_up
from tests.succession import Succession

BROKEN = ("expired-secret", "no-azure-role", "no-graph-consent", "no-defender-consent", "table-missing", "service-down")


def watched(*scenarios: str, seconds: float = 3600.0) -> tuple[Examination, Watch, Succession]:
    source = Succession(scenarios, START)
    watch = Watch(Policy, seconds, lambda examination, events: None)
    return asyncio.run(gather(made_up(), source, select_checks(), recheck=watch)), watch, source


def brief(events: Sequence[WatchEvent]) -> list[tuple[str, str]]:
    return [(event.kind, event.root.finding.cause) for event in events]


def broken(examination: Examination) -> set[str]:
    return {entry.check for entry in examination.outcomes(select_checks()) if entry.status in ("failed", "blocked")}


def test_watching_ends_when_everything_works() -> None:
    examination, watch, _ = watched("expired-secret", "no-azure-role", "healthy")
    assert brief(watch.events) == [
        ("found", "secret_expired"),
        ("fixed", "secret_expired"),
        ("found", "rbac_role_missing"),
        ("fixed", "rbac_role_missing"),
    ]
    assert not broken(examination)
    assert [event.at for event in watch.events] == sorted(event.at for event in watch.events)


def test_a_hidden_cause_is_not_reported_as_fixed() -> None:
    """A refusal that hides a cause does not show that it is fixed."""
    _, watch, _ = watched("no-graph-consent", "expired-secret", "no-graph-consent", "healthy")
    assert brief(watch.events) == [
        ("found", "app_role_missing"),
        ("found", "secret_expired"),
        ("fixed", "secret_expired"),
        ("fixed", "app_role_missing"),
    ]


def test_a_connection_that_works_is_not_watched() -> None:
    _, watch, source = watched("healthy")
    assert not watch.events
    assert source.looks == 0


def test_only_broken_probes_are_repeated_and_all_at_the_end() -> None:
    _, _, source = watched("no-graph-consent", "no-graph-consent+clock-skew", "no-graph-consent", "healthy")
    first, *between, last = source.requests
    assert all(requests < first / 2 for requests in between)
    assert last > first


def test_watching_ends_after_its_time() -> None:
    examination, watch, source = watched("no-azure-role", seconds=35.0)
    assert source.looks == 4, "after 10, 20, 30 and 35 seconds"
    assert brief(watch.events) == [("found", "rbac_role_missing")]
    assert broken(examination)


def test_watching_that_is_stopped_ends_after_a_last_verification() -> None:
    source = Succession(["no-azure-role", "no-azure-role", "healthy"], START)
    watch = Watch(Policy, 3600.0, lambda examination, events: None)
    source.paused = lambda: watch.stop() if source.looks == 2 else None  # type: ignore[method-assign]
    examination = asyncio.run(gather(made_up(), source, select_checks(), recheck=watch))
    assert not broken(examination), "what was fixed before that look is seen"
    assert source.looks == 2
    assert not watch.looking


def test_watching_ends_when_the_connection_file_has_changed() -> None:
    source = Succession(["no-azure-role", "healthy"], START)
    watch = Watch(Policy, 3600.0, lambda examination, events: None, lambda: True)
    examination = asyncio.run(gather(made_up(), source, select_checks(), recheck=watch))
    assert broken(examination)
    assert source.looks == 0


@given(st.lists(st.sampled_from(BROKEN), min_size=1, max_size=3))
@settings(max_examples=12)
@pytest.mark.slow
def test_every_cause_found_is_fixed_in_the_end(scenarios: list[str]) -> None:
    _, watch, _ = watched(*scenarios, "healthy")
    standing: set[tuple[str, str]] = set()
    for event in watch.events:
        key = (event.root.check, event.root.finding.cause)
        assert (key in standing) == (event.kind == "fixed")
        standing ^= {key}
    assert not standing
