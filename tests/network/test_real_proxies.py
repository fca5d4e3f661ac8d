"""Every situation of every real proxy names exactly one root cause, with the right owner."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from conformance import Connection, Patience, verify_async
from conformance.fakes.network.served import ServedTenant, serve_tenant
from conformance.findings import CAUSES
from conformance.verification.result import Report
from tests.conftest import TRANSPORTS
from tests.contoso import SECRET, made_up
from tests.network.real_proxies import Situation, running, situations

pytestmark = pytest.mark.slow

IMPATIENT = Patience(connect=2.0)
"""Where nothing is ever answered: how long that is waited for does not change the finding."""


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
def test_one_root_cause(
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
        patience = IMPATIENT if situation.silent else None
        reports = asyncio.run(verify_by_each(transport, tenant.connection, patience))
    for name, report in reports.items():
        with subtests.test(transport=name):
            assert_found(report, situation)


def assert_found(report: Report, situation: Situation) -> None:
    causes = [one.root.finding for one in report.verdict.root_causes]
    assert [one.cause for one in causes] == ([situation.cause] if situation.cause else [])
    assert report.verdict.exit_code == (6 if situation.cause else 0)
    for found in causes:
        assert "deadline" not in (found.code or ""), "found before the time for all of it is over"
        assert found.owner == CAUSES[situation.cause].owner
        told = " ".join([found.explanation, found.fix.text, *found.fix.commands])
        assert [word for word in situation.says if word not in told] == [], told
        assert all("http" in line for line in found.fix.commands)
    encoded = report.json()
    assert SECRET.encode() not in encoded
    assert b"canary" not in encoded.replace(SECRET.encode(), b"")
