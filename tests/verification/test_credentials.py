"""Verification with every kind of credential and in every cloud, and refusals with the right cause."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from conformance import Connection, verify
from conformance.connection import CLOUDS, Certificate, FederatedToken
from conformance.fakes import World, build
from conformance.fakes.made_up_credentials import certificate, federated_token
from conformance.probing.clock import Clock
from conformance.sources.base import Channel
from conformance.verification.result import Report
from tests.contoso import made_up

CHECKS = ["AUTH-001", "AUTH-002", "AUTH-003", "AUTH-010", "AUTH-020", "PERM-001", "SENT-001"]


class Arranged:
    """A source whose world a function of the test changes first."""

    name = "fake:arranged"

    def __init__(self, arrange: Callable[[World], None] | None = None) -> None:
        self._arrange = arrange

    @asynccontextmanager
    async def open(self, connection: Connection) -> AsyncIterator[Channel]:
        world = build(connection)
        if self._arrange:
            self._arrange(world)
        yield Channel(world.transport(), world.clock, world.connection)


def assertion(**claims: object) -> FederatedToken:
    """Return a token of the virtual identity provider with the time of this machine's clock."""
    return federated_token(Clock(), **claims)


def verified(connection: Connection, arrange: Callable[[World], None] | None = None) -> Report:
    return verify(connection, source=Arranged(arrange), checks=CHECKS)


def causes(report: Report) -> list[tuple[str, str]]:
    return [(issue.root.check, issue.root.finding.cause) for issue in report.verdict.root_causes]


@pytest.mark.parametrize("credential", [certificate(), assertion()], ids=["certificate", "federated"])
def test_a_credential_without_a_secret_works(credential: Certificate | FederatedToken) -> None:
    report = verified(made_up(client_secret=None, credential=credential))
    assert report.ok, report.verdict.summary


def test_an_unregistered_certificate_is_refused() -> None:
    report = verified(
        made_up(client_secret=None, credential=certificate()), lambda world: world.tenant.app.certificates.clear()
    )
    assert causes(report) == [("AUTH-003", "certificate_invalid")]


def test_a_certificate_that_cannot_sign_is_a_finding() -> None:
    report = verified(made_up(client_secret=None, credential=Certificate(b"not a key", "file:app.pem")))
    assert causes(report) == [("AUTH-003", "certificate_invalid")]


def test_a_subject_without_a_federated_credential_is_refused() -> None:
    def rename(world: World) -> None:
        world.tenant.app.federated[0].subject = "repo:contoso@1/soc@2:ref:refs/heads/main"

    report = verified(made_up(client_secret=None, credential=assertion()), rename)
    assert causes(report) == [("AUTH-003", "federation_mismatch")]


def test_a_malformed_federated_token_is_a_federation_mismatch() -> None:
    """Entra's error number for a malformed assertion is the same for certificates and for federated tokens."""
    report = verified(made_up(client_secret=None, credential=FederatedToken(lambda: "<html>", "env:TOKEN")))
    assert causes(report) == [("AUTH-003", "federation_mismatch")]


def test_an_expired_assertion_is_refused() -> None:
    past = int((datetime.now(UTC) - timedelta(days=1)).timestamp())
    report = verified(made_up(client_secret=None, credential=assertion(exp=past, nbf=past - 300)))
    assert causes(report) == [("AUTH-003", "assertion_expired")]


@pytest.mark.parametrize(
    ("credential", "certainty"), [(certificate(), "certain"), (assertion(), "likely")], ids=["certificate", "federated"]
)
def test_a_wrong_clock_is_distinguished_from_an_expired_assertion(
    credential: Certificate | FederatedToken, certainty: str
) -> None:
    """The check compares the ``Date`` header of the service with this machine's clock."""

    def late(world: World) -> None:
        world.clock.skip(timedelta(days=60))  # the service's clock: by then, the provider's token has expired
        world.clock.skew = timedelta(days=-60)

    report = verified(made_up(client_secret=None, credential=credential), late)
    (root,) = report.verdict.root_causes
    assert (root.root.check, root.root.finding.cause, root.root.finding.certainty) == (
        "AUTH-003", "clock_skew", certainty
    )  # fmt: skip


@pytest.mark.parametrize(
    ("credential", "cause"), [(certificate(), "certificate_invalid"), (assertion(), "federation_mismatch")]
)
def test_the_cause_of_a_refusal_depends_on_the_kind_of_credential(
    credential: Certificate | FederatedToken, cause: str
) -> None:
    report = verified(
        made_up(client_secret=None, credential=credential), lambda world: world.fault("entra/oauth.invalid_client")
    )
    assert causes(report) == [("AUTH-003", cause)]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_is_verified_at_its_own_hosts(cloud: str) -> None:
    report = verify(made_up(cloud=cloud), source="fake")
    assert report.ok, report.verdict.summary
    hosts = {exchange.url.split("/")[2] for exchange in report.gathered.exchanges}
    assert hosts <= {host.removeprefix("https://") for host in CLOUDS[cloud].hosts.values()}
    if cloud == "china":
        statuses = {outcome.check: outcome.status for outcome in report.outcomes}
        assert statuses["GRAPH-001"] == statuses["MDE-001"] == "not_applicable"
