"""Scenarios of certificates and federated tokens in place of a client secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from conformance.connection import Certificate, FederatedToken
from conformance.fakes.made_up_credentials import certificate, federated_token
from conformance.fakes.scenarios.registry import scenario
from conformance.fakes.state.healthy import register
from conformance.fakes.world import World


@scenario(
    "with-certificate", "everything as it should be, with a certificate in place of a secret", credential="certificate"
)
def _with_certificate(world: World) -> None:
    """A connection that has a certificate keeps its own."""
    if not isinstance(world.connection.credential, Certificate):
        world.connection = replace(world.connection, credential=certificate())
        register(world.tenant, world.connection)


@scenario(
    "with-federated-token",
    "everything as it should be, with a trusted provider's token in place of a secret",
    credential="federated_token",
)
def _with_federated_token(world: World) -> None:
    """A connection that has a federated token keeps its own."""
    if not isinstance(world.connection.credential, FederatedToken):
        world.connection = replace(world.connection, credential=federated_token(world.clock))
        register(world.tenant, world.connection)


@scenario(
    "certificate-unknown",
    "the certificate was never uploaded to the app",
    "certificate_invalid",
    credential="certificate",
)
def _certificate_unknown(world: World) -> None:
    _with_certificate(world)
    world.tenant.app.certificates.clear()


@scenario("certificate-expired", "the certificate ended yesterday", "certificate_invalid", credential="certificate")
def _certificate_expired(world: World) -> None:
    _with_certificate(world)
    for app_certificate in world.tenant.app.certificates:
        app_certificate.ends = world.clock.service_now() - timedelta(days=1)


@scenario(
    "certificate-clock-skew",
    "this machine signs with a clock that is 20 minutes behind",
    "clock_skew",
    credential="certificate",
)
def _certificate_clock_skew(world: World) -> None:
    _with_certificate(world)
    world.clock.skew = timedelta(minutes=-20)


@scenario(
    "federated-subject",
    "the app trusts another branch of the repository",
    "federation_mismatch",
    credential="federated_token",
)
def _federated_subject(world: World) -> None:
    _with_federated_token(world)
    for federation in world.tenant.app.federated:
        federation.subject = "repo:virtual/another:ref:refs/heads/main"


@scenario(
    "federated-token-expired",
    "the trusted provider's token is an hour too old",
    "assertion_expired",
    credential="federated_token",
)
def _federated_token_expired(world: World) -> None:
    now = world.clock.service_now()
    claims = {"nbf": int((now - timedelta(hours=2)).timestamp()), "exp": int((now - timedelta(hours=1)).timestamp())}
    world.connection = replace(world.connection, credential=federated_token(world.clock, **claims))
    register(world.tenant, world.connection)
