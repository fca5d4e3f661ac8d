"""Every situation of every real proxy leads to exactly one root cause, with the right owner."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from conformance import Connection, Patience, verify_async
from conformance.fakes.network.served import ServedTenant, serve_tenant
from conformance.findings import CAUSES
from conformance.sources import live
from conformance.verification.result import Report
from tests.conftest import TRANSPORTS
from tests.contoso import SECRET, made_up
from tests.network.real_proxies import Situation, running, situations

pytestmark = pytest.mark.slow

SHORT_WAIT = 2.0
"""Timeout in seconds for connecting and for a tunnel that is never answered; it does not change the finding."""


@pytest.fixture(scope="module")
def tenant() -> Iterator[ServedTenant]:
    with serve_tenant(made_up()) as stage:
        yield stage


async def verify_by_each(
    transport: ContextVar[str], connection: Connection, patience: Patience | None
) -> dict[str, Report]:
    """Verify the connection with each transport, at the same time; return the reports by transport."""

    async def verify_by(name: str) -> Report:
        transport.set(name)
        return await verify_async(connection, patience=patience)

    return dict(zip(TRANSPORTS, await asyncio.gather(*map(verify_by, TRANSPORTS)), strict=True))


@pytest.mark.parametrize("situation", situations(), ids=lambda situation: situation.id)
def test_each_situation_has_its_one_root_cause(
    situation: Situation,
    tenant: ServedTenant,
    transport: ContextVar[str],
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    if situation.missing:
        pytest.skip(situation.missing)
    with running(situation, tenant) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        if situation.silent:
            monkeypatch.setattr(live, "TUNNEL", SHORT_WAIT)
        patience = Patience(connect=SHORT_WAIT) if situation.silent else None
        reports = asyncio.run(verify_by_each(transport, tenant.connection, patience))
    for name, report in reports.items():
        with subtests.test(transport=name):
            assert_names_the_cause(report, situation)


def assert_names_the_cause(report: Report, situation: Situation) -> None:
    """Assert that the report has only the cause of the situation, its owner and the words of the fix, and no secret."""
    findings = [issue.root.finding for issue in report.verdict.root_causes]
    assert [finding.cause for finding in findings] == ([situation.cause] if situation.cause else [])
    assert report.verdict.exit_code == (6 if situation.cause else 0)
    for finding in findings:
        assert "deadline" not in (finding.code or ""), "this ends before the time for all of the connection is over"
        assert finding.owner == CAUSES[situation.cause].owner
        text = " ".join([finding.explanation, finding.fix.text, *finding.fix.commands])
        assert [word for word in situation.says if word not in text] == [], text
        assert all("http" in line for line in finding.fix.commands)
    encoded = report.json()
    assert SECRET.encode() not in encoded
    assert b"canary" not in encoded.replace(SECRET.encode(), b"")
