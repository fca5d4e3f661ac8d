"""How the clients of Microsoft ended in every scenario (docs/agreement.md), and the explained differences.

How they end is asked anew by tests/clients/test_agreement.py; `make agreement` writes it down. The verdicts are held
against it in tests/test_scenarios.py.
"""

from __future__ import annotations

from conformance.fakes import SCENARIOS
from tests.agreement_table import OPERATIONS, VERDICT, explained, observed


def test_every_scenario_was_asked() -> None:
    assert list(observed()) == list(SCENARIOS)
    assert {tuple(ended) for ended in observed().values()} == {tuple(OPERATIONS)}


def test_differences_are_of_what_is_there() -> None:
    pairs = explained() | explained("javascript")
    assert {scenario for scenario, _ in pairs} <= SCENARIOS.keys()
    assert {name for _, name in pairs} <= {*OPERATIONS, VERDICT}
