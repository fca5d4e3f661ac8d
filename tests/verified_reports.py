"""Reports of verifications on the virtual tenant, which many tests look at."""

from __future__ import annotations

from functools import cache

from conformance.fakes import Fake
from conformance.verification.api import verify
from conformance.verification.baseline import Baseline
from conformance.verification.result import Report
from tests.contoso import START, made_up


def report_of(
    scenario: str = "healthy",
    checks: tuple[str, ...] | None = None,
    wait: float = 0.0,
    baseline: Baseline = (),
    name: str = "contoso",
) -> Report:
    """Return the report on the made-up connection of this name, in a scenario, at a fixed moment.

    Once in a session for the same arguments, whether or not they are written out: a report does not change.
    """
    return _report(scenario, checks, wait, baseline, name)


@cache
def _report(scenario: str, checks: tuple[str, ...] | None, wait: float, baseline: Baseline, name: str) -> Report:
    return verify(made_up(name=name), source=Fake(scenario, START), checks=checks, wait=wait, baseline=baseline)
