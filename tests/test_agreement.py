"""Recorded endings of Microsoft's clients in every scenario (docs/agreement.md), and the explained differences.

tests/clients/test_agreement.py runs the clients again; `make agreement` records the endings. tests/test_scenarios.py
compares the verdicts with them.
"""

from __future__ import annotations

from conformance.fakes import SCENARIOS
from tests.agreement_table import OPERATIONS, VERDICT, explained, observed


def test_every_scenario_has_recorded_endings() -> None:
    assert list(observed()) == list(SCENARIOS)
    assert {tuple(ended) for ended in observed().values()} == {tuple(OPERATIONS)}


def test_differences_name_existing_scenarios_and_operations() -> None:
    pairs = explained() | explained("javascript")
    assert {scenario for scenario, _ in pairs} <= SCENARIOS.keys()
    assert {name for _, name in pairs} <= {*OPERATIONS, VERDICT}
