"""Every documented error has a catalogue entry, a state or fault that shows it, and one check that names its cause."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from conformance.checks.registry import catalogue as checks
from conformance.fakes import FAULTS, Fake, Fault, build
from conformance.fakes.services.routes import Call, Tier
from conformance.findings import CAUSES, Finding, finding
from conformance.findings.catalogue import catalogue
from conformance.report.wording import OWNERS
from conformance.sources.base import SourceError
from conformance.verification.result import Report
from tests.contoso import SECRET, START, made_up
from tests.verified_reports import read

PAGE = Path(__file__).parents[1] / "docs" / "findings.md"
FAULTS_OF_ENDPOINTS = [fault for fault in FAULTS.values() if fault.endpoint]


def service_of(fault: Fault) -> str:
    """Return the name of the API that gives a faulty answer, or ``network``."""
    return fault.name.partition("/")[0]


@cache
def anchors() -> frozenset[str]:
    return frozenset(re.findall(r'<a id="([^"]+)"></a>', PAGE.read_text(encoding="utf-8")))


def test_an_entry_is_complete(subtests: pytest.Subtests) -> None:
    """Each entry has a cause, an explanation, a fix with its owner, commands if the cause has them, and anchors in
    docs.
    """
    for entry in catalogue():
        with subtests.test(entry=entry.id):
            result = finding(entry.cause, facts=made_up().facts(), explanation=entry.explanation)
            assert result.explanation
            assert result.fix.text
            assert result.owner in OWNERS
            assert len(result.fix.commands) >= len(CAUSES[entry.cause].commands)
            assert {entry.id.removeprefix("entra."), entry.cause} <= anchors()
            assert result.docs == f"docs/findings.md#{entry.cause}"


# A fault: the source of its text, its interpretation, and the result of a verification


@cache
def answer(name: str) -> httpx.Response:
    return FAULTS[name].answer(call())


@cache
def call() -> Call:
    return Call(build(made_up(), start=START).tenant, httpx.Request("GET", "https://service.example/path"), None, {})


@cache
def reading(name: str) -> Finding:
    """Return the finding of the answer alone; the service is given, since pasted text does not state it."""
    return read(answer(name), FAULTS[name].api)


def test_a_fault_is_read_as_its_entry(subtests: pytest.Subtests) -> None:
    for fault in FAULTS.values():
        with subtests.test(fault=fault.name):
            result = reading(fault.name)
            assert (result.entry, result.cause) == (fault.entry, fault.cause)
            assert answer(fault.name).status_code == fault.status
            assert fault.provenance.tier in get_args(Tier)
            assert fault.provenance.source


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(element) for element in value] if isinstance(value, list) else value


def test_the_order_of_keys_does_not_change_the_finding(subtests: pytest.Subtests) -> None:
    for fault in FAULTS.values():
        with subtests.test(fault=fault.name):
            response, result = answer(fault.name), reading(fault.name)
            if "json" in response.headers.get("content-type", ""):
                headers = {name: value for name, value in response.headers.items() if name != "content-length"}
                other = httpx.Response(response.status_code, headers=headers, json=reordered(response.json()))
                assert read(other, fault.api).entry == result.entry


@cache
def first_of_kind() -> dict[object, str]:
    """Return one fault name per group of Entra faults that a verification cannot distinguish, by the group's key."""
    first: dict[object, str] = {}
    for fault in FAULTS_OF_ENDPOINTS:
        first.setdefault(sort(fault), fault.name)
    return first


def sort(fault: Fault) -> object:
    if not fault.numbered:
        return fault.name
    result = reading(fault.name)
    return result.cause, result.certainty, result.also, result.about, result.tell_apart, fault.status, fault.notes


@pytest.mark.slow
@pytest.mark.parametrize("service", sorted({service_of(fault) for fault in FAULTS_OF_ENDPOINTS}))
def test_a_fault_is_one_failed_check(service: str, verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for fault in FAULTS_OF_ENDPOINTS:
        if service_of(fault) == service:
            with subtests.test(fault=fault.name):
                assert_one_failed_check(fault, verified)


def assert_one_failed_check(fault: Fault, verified: Callable[..., Report]) -> None:
    """Assert that only the declared check fails or warns, with the declared cause."""
    report = verified(first_of_kind()[sort(fault)])
    assert [(issue.root.check, issue.root.finding.cause) for issue in report.verdict.root_causes] == [
        (fault.check, fault.becomes)
    ]
    assert [outcome.check for outcome in report.outcomes if outcome.status in ("failed", "inconclusive", "error")] == [
        fault.check
    ]
    usual = {outcome.cause for outcome in verified().outcomes if outcome.status == "warning"}
    assert {outcome.cause for outcome in report.outcomes if outcome.status == "warning"} <= {
        *usual,
        *fault.notes,
        fault.becomes,
    }
    status = {outcome.check: outcome.status for outcome in report.outcomes}
    assert not [outcome for outcome in report.outcomes if outcome.blocked_by and status[outcome.blocked_by] == "passed"]
    assert report.verdict.exit_code == (1 if CAUSES[fault.becomes].conclusive else 6)
    assert fault.check in checks()
    encoded = report.json()
    assert SECRET.encode() not in encoded
    assert b"eyJ" not in encoded


# Using faults


def test_a_fault_for_the_first_requests_ends() -> None:
    world = build(made_up(), start=START)
    world.fault("network/gateway", times=1)

    async def statuses() -> list[int]:
        async with httpx.AsyncClient(transport=world.transport()) as client:
            return [(await client.get("https://graph.microsoft.com/v1.0/security/alerts_v2")).status_code for _ in "ab"]

    assert asyncio.run(statuses()) == [502, 401]  # then it is a request without a token


def test_scenarios_and_faults_join(verified: Callable[..., Report]) -> None:
    report = verified("arm/policy+no-defender-consent")
    assert {issue.root.finding.cause for issue in report.verdict.root_causes} == {"policy_denied", "app_role_missing"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("arm/Policy", "did you mean 'arm/policy'?"),
        ("graph/418", "did you mean 'graph/4"),
        ("network/404", "--sentinel-explain reads it"),
    ],
)
def test_a_fault_that_cannot_occur_is_rejected_at_once(name: str, says: str) -> None:
    with pytest.raises(SourceError, match=re.escape(says)):
        Fake(name)
