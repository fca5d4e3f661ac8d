"""The suite's verdict of every scenario against how the clients of Microsoft ended in it (docs/agreement.md).

How they end is asked anew by tests/clients/test_agreement.py; `make agreement` writes it down.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.fakes import SCENARIOS
from conformance.verification.result import Report
from tests.agreement_table import OPERATIONS, VERDICT, disagreements, explained, observed


def test_every_scenario_was_asked() -> None:
    assert list(observed()) == list(SCENARIOS)
    assert {tuple(ended) for ended in observed().values()} == {tuple(OPERATIONS)}


def test_they_agree_but_for_what_is_explained(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for scenario, ended in observed().items():
        with subtests.test(scenario):
            report = verified(scenario)
            statuses = {outcome.check: outcome.status for outcome in report.outcomes}
            contradicting = set(disagreements(ended, statuses, conformant=report.verdict.exit_code == 0))
            assert contradicting == {name for there, name in explained() if there == scenario}


def test_differences_are_of_what_is_there() -> None:
    pairs = explained() | explained("javascript")
    assert {scenario for scenario, _ in pairs} <= SCENARIOS.keys()
    assert {name for _, name in pairs} <= {*OPERATIONS, VERDICT}
