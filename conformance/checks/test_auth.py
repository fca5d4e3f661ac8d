"""Tokens issued by Entra for each API."""

from __future__ import annotations

import re
from datetime import datetime

from conformance.apis.endpoint import Audience
from conformance.apis.entra import OpenIdConfiguration
from conformance.checks.expect import Found, fail, not_applicable, require
from conformance.checks.registry import check
from conformance.connection import Connection, ManagedIdentity
from conformance.probing.clock import TOLERATED_SKEW
from conformance.probing.diagnosis import TOKENS, WHOLE
from conformance.probing.diagnosis.claims import flaw
from conformance.probing.entra import foreign_cloud
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.sign_in import REFUSED_SECRETS
from conformance.probing.tokens import Token

LONGEST_LIFE = 100_800
"""Seconds: tokens of sessions with continuous access evaluation live up to 28 hours."""

TENANT_CAUSES = ("tenant_not_found", "tenant_malformed", "wrong_cloud")
APP_CAUSES = ("app_not_in_tenant", "app_disabled", "service_principal_missing")
CREDENTIAL_CAUSES = (
    "wrong_client_secret",
    "secret_expired",
    "certificate_invalid",
    "assertion_expired",
    "federation_mismatch",
    "credential_missing",
    "conditional_access_blocked",
    "request_malformed",
    "grant_type_unsupported",
    "user_credentials_wrong",
    "interaction_required",
)
RESOURCE_CAUSES = ("resource_not_in_tenant", "resource_disabled", "scope_invalid", "app_assignment_required")


@check(
    "AUTH-001",
    "the tenant exists in this cloud, and it is the configured one",
    owns=TENANT_CAUSES,
)
def test_tenant(
    connection: Connection,
    discovery: Answer[OpenIdConfiguration],
    token_arm: Evidence,
    token_log_analytics: Evidence,
    token_graph: Evidence,
    token_defender: Evidence,
) -> None:
    """OpenID discovery, which needs no credential, shows the tenant (in the issuer) and the cloud (in the host). Token
    requests are not refused because of the tenant.
    """
    if problem := foreign_cloud(connection, discovery.data):
        raise Found(problem, promise="discovery")
    issuer = discovery.data.issuer
    tenant_match = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", issuer, re.IGNORECASE)
    require(tenant_match, f"The issuer {issuer} names no tenant.", promise="discovery")
    if re.fullmatch(r"[0-9a-fA-F-]{36}", connection.tenant_id):
        same = tenant_match is not None and tenant_match.group().lower() == connection.tenant_id.lower()
        require(
            same,
            f"The issuer {issuer} is another tenant than {connection.tenant_id}.",
            "tenant_not_found",
            promise="discovery",
        )
    fail_if_refused(TENANT_CAUSES, (token_arm, token_log_analytics, token_graph, token_defender))


def fail_if_refused(causes: tuple[str, ...], tokens: tuple[Evidence, ...]) -> None:
    """Raise :class:`Found` if a token was refused for one of these causes."""
    for token in tokens:
        if isinstance(token, Refusal) and token.finding.cause in causes:
            raise Found(token.finding, refusal=token)


def require_reached(tokens: tuple[Evidence, ...], beyond: tuple[str, ...] = ()) -> None:
    """Raise :class:`Found` with the first refusal, unless a token was issued or was refused for a cause
    in ``beyond``.
    """
    refusals = [token for token in tokens if isinstance(token, Refusal)]
    issued = any(isinstance(token, Answer) for token in tokens)
    if refusals and not issued and not any(refusal.finding.cause in beyond for refusal in refusals):
        raise Found(refusals[0].finding, refusal=refusals[0])


@check("AUTH-002", "the app exists in the tenant, is enabled and has a service principal", owns=APP_CAUSES)
def test_app_accepted(
    connection: Connection,
    token_arm: Evidence,
    token_log_analytics: Evidence,
    token_graph: Evidence,
    token_defender: Evidence,
    discovery: Answer[OpenIdConfiguration],
) -> None:
    """Entra checks the app before the credential, so a refused credential proves that the app exists. An app without a
    service principal may still get tokens; they have no ``oid``, and no API accepts them.
    """
    tokens = (token_arm, token_log_analytics, token_graph, token_defender)
    fail_if_refused(APP_CAUSES, tokens)
    require_reached(tokens, beyond=(*CREDENTIAL_CAUSES, *RESOURCE_CAUSES))
    claims = [token.data.claims for token in tokens if isinstance(token, Answer)]
    if any(claim and "oid" not in claim for claim in claims):
        missing = "Tokens are issued, and name no service principal (oid): the app is not registered in this tenant."
        fail(missing, "service_principal_missing", facts=connection.facts(), promise="token-claims")


@check(
    "AUTH-003",
    "the credential is accepted",
    owns=(
        *(cause for cause in CREDENTIAL_CAUSES if cause not in WHOLE),  # other services report the rest too
        *(f"{cause}:{token}" for cause in CREDENTIAL_CAUSES if cause in WHOLE for token in TOKENS),
        *(f"{cause}:tokens" for cause in sorted({*WHOLE, "contract_violation", "clock_skew"})),
    ),
)
def test_credential_accepted(
    token_arm: Evidence,
    token_log_analytics: Evidence,
    token_graph: Evidence,
    token_defender: Evidence,
    discovery: Answer[OpenIdConfiguration],
) -> None:
    """The credential is a secret, certificate or federated assertion. An issued token, or a refusal about the API,
    proves that it is accepted.
    """
    tokens = (token_arm, token_log_analytics, token_graph, token_defender)
    fail_if_refused(CREDENTIAL_CAUSES, tokens)
    require_reached(tokens, beyond=RESOURCE_CAUSES)


@check(
    "AUTH-004",
    "each of several client secrets is accepted",
    level="should",
    owns=tuple(f"{cause}:client_secrets" for cause in sorted(REFUSED_SECRETS)),
)
def test_other_secrets(
    connection: Connection, client_secrets: Answer[tuple[Evidence, ...]], token_arm: Evidence, token_graph: Evidence
) -> None:
    """A connection may have several secrets while one is being replaced. One working secret is enough for the
    connection; the rejected ones are named by their position in ``client_secrets``.
    """
    fail_if_refused(tuple(REFUSED_SECRETS), (token_arm, token_graph))
    refused = [
        (number, evidence.finding)
        for number, evidence in enumerate(client_secrets.data, 1)
        if isinstance(evidence, Refusal) and evidence.finding.cause in REFUSED_SECRETS
    ]
    if refused:
        working = [number for number, evidence in enumerate(client_secrets.data, 1) if isinstance(evidence, Answer)]
        causes = "; ".join(
            f"secret {number}: {cause_of.cause} ({cause_of.code or 'by its form'})" for number, cause_of in refused
        )
        fail(
            f"Accepted of the client secrets: number {', '.join(map(str, working)) or 'none'}. Not accepted: {causes}.",
            refused[0][1].cause,
            about="client_secrets",
            facts=connection.facts(),
            remedy="Take the secrets that are not accepted out of client_secrets, or replace them by their successors.",
        )


def owns(audience: Audience) -> tuple[str, ...]:
    """Return the causes that the check of a token owns, as ``cause:audience``."""
    return tuple(f"{cause}:{audience}" for cause in RESOURCE_CAUSES)


@check("AUTH-010", "a token is issued for Azure Resource Manager", using={"token": "token_arm"}, owns=owns("arm"))
@check(
    "AUTH-011",
    "a token is issued for Log Analytics",
    using={"token": "token_log_analytics"},
    owns=owns("log_analytics"),
)
@check("AUTH-012", "a token is issued for Microsoft Graph", using={"token": "token_graph"}, owns=owns("graph"))
@check(
    "AUTH-013", "a token is issued for Defender for Endpoint", using={"token": "token_defender"}, owns=owns("defender")
)
def test_token_issued(token: Answer[Token]) -> None:
    """The client-credentials request for the API's own scope succeeds."""


def flaws(audience: Audience) -> tuple[str, ...]:
    """Return the causes of a wrong token, as ``cause:audience``."""
    return tuple(f"{cause}:{audience}" for cause in ("wrong_token_audience", "wrong_token_tenant", "token_expired"))


@check(
    "AUTH-020",
    "the Azure Resource Manager token is what it should be",
    using={"token": "token_arm", "used": "workspace"},
    owns=flaws("arm"),
)
@check(
    "AUTH-021",
    "the Log Analytics token is what it should be",
    using={"token": "token_log_analytics", "used": "query_print"},
    owns=flaws("log_analytics"),
)
@check(
    "AUTH-022",
    "the Microsoft Graph token is what it should be",
    using={"token": "token_graph", "used": "graph_alerts"},
    owns=flaws("graph"),
)
@check(
    "AUTH-023",
    "the Defender for Endpoint token is what it should be",
    using={"token": "token_defender", "used": "machines"},
    owns=flaws("defender"),
)
def test_token_sane(connection: Connection, token: Answer[Token], used: Evidence) -> None:
    """The token is a bearer token, valid now and for a sensible time. Its claims name the API, the tenant and the app,
    but no user.

    The claims are read for diagnosis only. A token that cannot be decoded passes, because the service may choose its
    format; so does an unexpected audience that the API accepts.
    """
    response = token.data.response
    bearer, sane = response.token_type.lower() == "bearer", 0 < response.expires_in <= LONGEST_LIFE
    require(bearer, f"token_type is {response.token_type!r}, not Bearer.", promise="token-response")
    require(sane, f"expires_in is {response.expires_in} s.", promise="token-lifetime")
    claims = token.data.claims
    if not claims:
        return
    problem = flaw(token.data, connection, token.exchange.date)
    if problem and not (problem.cause == "wrong_token_audience" and isinstance(used, Answer)):
        raise Found(problem, promise="token-claims")
    app = token.data.app_id
    own = not connection.client_id or app.lower() == connection.client_id.lower()
    require(own, f"The token is of app {app}.", promise="token-claims")
    require(
        "scp" not in claims,
        "The token carries delegated scopes (scp): it belongs to a user, not to the app.",
        promise="token-claims",
    )
    now = token.exchange.date
    if now is not None and isinstance(claims.get("exp"), int) and isinstance(claims.get("nbf"), int):
        starts, ends = (datetime.fromtimestamp(claims[name], now.tzinfo) for name in ("nbf", "exp"))
        require(
            starts - TOLERATED_SKEW <= now,
            f"The token is valid from {starts} to {ends}, and it is {now}.",
            promise="token-claims",
        )


@check("AUTH-030", "token answers are not cacheable and documented", level="should")
def test_token_answer(
    connection: Connection,
    token_arm: Evidence,
    token_log_analytics: Evidence,
    token_graph: Evidence,
    token_defender: Evidence,
) -> None:
    """Token answers have ``Cache-Control: no-store`` and are JSON with the documented members."""
    tokens = (token_arm, token_log_analytics, token_graph, token_defender)
    require_reached(tokens)
    if isinstance(connection.credential, ManagedIdentity):
        not_applicable("a managed identity's tokens come from this machine, whose answers are not documented so")
    for headers in (token.headers for token in tokens if isinstance(token, Answer)):
        require("no-store" in headers.get("cache-control", "").lower(), "A token answer lacks Cache-Control: no-store.")
        require("json" in headers.get("content-type", "").lower(), "A token answer does not say that it is JSON.")


@check(
    "AUTH-031",
    "Defender for Endpoint refuses a Log Analytics token",
    level="should",
    marks=("negative",),
    using={"foreign": "foreign_token_at_defender"},
)
@check(
    "AUTH-032",
    "Microsoft Graph refuses a Defender token",
    level="should",
    marks=("negative",),
    using={"foreign": "foreign_token_at_graph"},
)
def test_foreign_token_refused(foreign: Evidence) -> None:
    """A negative control, run only with ``-m negative``: a token for one API is refused by another one with 401 or
    403.
    """
    if not isinstance(foreign, Refusal):
        fail("A token of another API was accepted: something else than the service answers here.")
    status = foreign.exchange.status if foreign.exchange else None
    if status not in (401, 403):
        if not foreign.finding.conclusive:
            raise Found(foreign.finding, refusal=foreign)
        fail(f"A token of another API was refused with status {status}, not as documented with 401 or 403.")
