"""Probes of Entra: the tenant's discovery document and a token per audience."""

from __future__ import annotations

from dataclasses import replace

from conformance.apis import entra
from conformance.apis.endpoint import Ask, Audience
from conformance.apis.entra import OpenIdConfiguration
from conformance.connection import CLOUDS, ClientSecret, Connection, problems
from conformance.findings import Finding, finding
from conformance.probing.evidence import Answer
from conformance.probing.probe import AskSecrets, AskToken, NotApplicable, Refused, probe


@probe
def discovery(connection: Connection) -> Ask[OpenIdConfiguration]:
    """Ask for the tenant's OpenID configuration: it needs no credential, and names the tenant and the cloud."""
    stop_at_problems(connection, "tenant_id")
    return entra.OPENID_CONFIGURATION.ask()


# Clues: only asked when the connection's own cloud has no such tenant.


@probe
def discovery_public(connection: Connection) -> Ask[OpenIdConfiguration]:
    """Ask the public cloud for the tenant's OpenID configuration."""
    return discovery_in(connection, "public")


@probe
def discovery_usgov(connection: Connection) -> Ask[OpenIdConfiguration]:
    """Ask the cloud of the US government for the tenant's OpenID configuration."""
    return discovery_in(connection, "usgov-gcc-high")


@probe
def discovery_china(connection: Connection) -> Ask[OpenIdConfiguration]:
    """Ask the cloud in China for the tenant's OpenID configuration."""
    return discovery_in(connection, "china")


def discovery_in(connection: Connection, cloud: str) -> Ask[OpenIdConfiguration]:
    """Return the question for the tenant's OpenID configuration at the sign-in host of another cloud."""
    if CLOUDS[cloud].login == connection.cloud.login:
        raise NotApplicable("this is the connection's own cloud")
    return replace(entra.OPENID_CONFIGURATION.ask(), cloud=cloud)


@probe
def token_arm(connection: Connection, discovery: Answer[OpenIdConfiguration]) -> AskToken:
    """Ask for a token for Azure Resource Manager."""
    return token(connection, "arm", discovery)


@probe
def token_log_analytics(connection: Connection, discovery: Answer[OpenIdConfiguration]) -> AskToken:
    """Ask for a token for the Log Analytics query API."""
    return token(connection, "log_analytics", discovery)


@probe
def token_graph(connection: Connection, discovery: Answer[OpenIdConfiguration]) -> AskToken:
    """Ask for a token for Microsoft Graph."""
    return token(connection, "graph", discovery)


@probe
def token_defender(connection: Connection, discovery: Answer[OpenIdConfiguration]) -> AskToken:
    """Ask for a token for Defender for Endpoint."""
    return token(connection, "defender", discovery)


@probe
def client_secrets(connection: Connection, discovery: Answer[OpenIdConfiguration]) -> AskSecrets:
    """Try each of several client secrets. The evidence has an answer or a refusal for each, in their order."""
    credential = connection.credential
    if not isinstance(credential, ClientSecret) or not credential.others:
        raise NotApplicable("this connection has not several client secrets")
    if problem := foreign_cloud(connection, discovery.data):
        raise Refused(problem)
    stop_at_problems(connection, "client_id", "client_secret")
    return AskSecrets()


def foreign_cloud(connection: Connection, discovery: OpenIdConfiguration) -> Finding | None:
    """Return the finding of a tenant that, by its discovery document, is in another cloud than configured; else
    None.
    """
    cloud = discovery.cloud_instance_name
    if cloud is None or connection.cloud.login.endswith(f".{cloud}"):
        return None
    there = [cloud_of_host.az for cloud_of_host in CLOUDS.values() if cloud_of_host.login.endswith(f".{cloud}")]
    return finding(
        "wrong_cloud",
        facts={**connection.facts(), "tenant_cloud": there[0] if there else ""},
        explanation=f"The tenant lives in the cloud {cloud}; the connection says {connection.cloud.title}.",
    )


def token(connection: Connection, audience: Audience, discovery: Answer[OpenIdConfiguration]) -> AskToken:
    """Return the question for a token. Raises :class:`NotApplicable` for an API that the connection does not use, and
    :class:`Refused` for a credential that is certain to be refused.
    """
    if problem := foreign_cloud(connection, discovery.data):
        raise Refused(problem)
    if audience not in connection.audiences:
        raise NotApplicable(f"this connection does not use {audience}")
    stop_at_problems(connection, "client_id", "client_secret")
    return AskToken(audience)


def stop_at_problems(connection: Connection, *keys: str) -> None:
    """Raise :class:`Refused` with the finding of a malformed value, so that no useless request is sent."""
    for problem in problems(connection, *keys):
        raise Refused(finding(problem.cause, about=problem.key, explanation=problem.text))
