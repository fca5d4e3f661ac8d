"""Every assertion of a check names a promise of the services; in a ``must`` check, a promise that may fail a
connection.
"""

from __future__ import annotations

import ast

import pytest

from conformance.checks.assertions import Assertion, assertions
from conformance.checks.expect import require
from conformance.checks.promises import PROMISES
from conformance.checks.registry import catalogue
from tests.checks.outcomes import changed, outcome, world

MUST = [check for check in catalogue().values() if check.level == "must"]


def test_assertions_of_must_checks_name_a_binding_promise(subtests: pytest.Subtests) -> None:
    for check in MUST:
        for assertion in assertions(check):
            with subtests.test(f"{check.id} line {assertion.line}"):
                assert assertion.promises, "an assertion without promise="
                assert assertion.promises <= PROMISES.keys()
                weak = {id for id in assertion.promises if not PROMISES[id].binding}
                assert not weak or assertion.kind == "advise"


def test_must_checks_assert_something_or_report_refusals() -> None:
    """The other checks only read refusals, whose meaning is in the catalogue, and the documented shape of answers."""
    without = {check.id for check in MUST if not assertions(check)}
    assert without <= {
        "AUTH-003",
        "CONN-006",
        "ARM-002",
        "AUTH-010",
        "AUTH-011",
        "AUTH-012",
        "AUTH-013",
        "LA-031",
        "RBAC-010",
        "RBAC-011",
        "RBAC-012",
        "RBAC-013",
    }


def test_every_declared_promise_is_used() -> None:
    promises = {id for check in catalogue().values() for each in assertions(check) for id in each.promises}
    assert promises == PROMISES.keys()


def test_every_promise_states_its_source(subtests: pytest.Subtests) -> None:
    for promise in PROMISES.values():
        with subtests.test(promise.id):
            assert promise.text.endswith(".")
            assert promise.source.startswith("https://") or promise.tier not in ("documented", "specified")


def test_assertions_are_found_in_helpers_too() -> None:
    text = """
def helper():
    assert True
    fail("x", promise="print")

def checked(found):
    require(found, "y")
    raise Found(found)

def last(found):
    helper()
    raise Found(found, refusal=found)
"""
    tree = ast.parse(text)
    assert Assertion.of(tree, "checked", {}) == [
        Assertion("require", frozenset(), 7),
        Assertion("Found", frozenset(), 8),
    ]
    assert Assertion.of(tree, "last", {}) == [
        Assertion("assert", frozenset(), 3),
        Assertion("fail", frozenset({"print"}), 4),
    ]


def test_a_weak_promise_only_warns_where_a_check_must_hold() -> None:
    assert not PROMISES["incident-entity-counts"].binding
    there = changed(world(), "sentinel.incident_entities", lambda body: body["entities"].pop() and None)
    assert (catalogue()["SENT-012"].level, outcome("SENT-012", there).status) == ("must", "warning")


def test_an_undeclared_promise_is_an_error_of_the_check() -> None:
    with pytest.raises(KeyError):
        require(False, "It does not hold.", promise="no-such-promise")
