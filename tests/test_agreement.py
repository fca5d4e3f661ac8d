"""The suite's verdict of every scenario against how the clients of Microsoft ended in it (docs/agreement.md).

How they end is asked anew by tests/clients/test_agreement.py; `make agreement` writes it down.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.fakes import SCENARIOS
from conformance.verification.result import Report
from tests.agreement_table import OPERATIONS, VERDICT, disagreements, explained, seen


def test_every_scenario_was_asked() -> None:
    assert list(seen()) == list(SCENARIOS)
    assert {tuple(ended) for ended in seen().values()} == {tuple(OPERATIONS)}


def test_they_agree_but_for_what_is_explained(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for scenario, ended in seen().items():
        with subtests.test(scenario):
            report = verified(scenario)
            statuses = {one.check: one.status for one in report.outcomes}
            found = set(disagreements(ended, statuses, conformant=report.verdict.exit_code == 0))
            assert found == {name for there, name in explained() if there == scenario}


def test_differences_are_of_what_is_there() -> None:
    found = explained() | explained("javascript")
    assert {scenario for scenario, _ in found} <= SCENARIOS.keys()
    assert {name for _, name in found} <= {*OPERATIONS, VERDICT}
