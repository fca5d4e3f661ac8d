"""Graph and Defender: the token tells a missing permission from a missing licence and a foreign audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import AppRole
from conformance.apis.permissions import RESOURCES
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.rules import elements_of, tells_apart
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tokens import Token

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "graph": ("SecurityAlert.Read.All", "SecurityIncident.Read.All"),
    "defender": ("Machine.Read.All", "Alert.Read.All"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {"graph": ("SecurityEvents.Read.All",)}


def holds(token: Token, role: str) -> bool:
    """Return whether a token carries a permission, or the ReadWrite one that includes it."""
    return role in token.roles or role.replace(".Read.", ".ReadWrite.") in token.roles


def missing_role(token: Token, role: str, connection: Connection, consents: Evidence) -> Finding:
    """Return one finding for all missing permissions of an API, about the first one, with one command for all.

    Without a service principal no permission can be granted, so that is the finding. ``consents``, where the app may
    read them, tell a permission that was never consented from a token of before.
    """
    if token.object_id is None:
        return finding("service_principal_missing", facts=connection.facts())
    if has_consent(role, token.audience, consents):
        return finding(
            "app_role_stale_token",
            facts=connection.facts(),
            about=token.audience,
            explanation=f"{role} is consented, and the {token.audience.title()} token does not carry it yet:"
            f" tokens keep"
            " the permissions of the moment they were issued. It takes minutes; try again with a new one.",
        )
    required = REQUIRED[token.audience]
    lacking = [one for one in (*required, *OPTIONAL.get(token.audience, ())) if not holds(token, one)]
    about = next((permission for permission in lacking if permission in required), role)
    held = ", ".join(token.roles) or "none at all"
    return finding(
        "app_role_missing",
        about=about,
        facts={**connection.facts(), "roles": ", ".join(lacking or [role])},
        explanation=f"The {token.audience.title()} token carries these application permissions: {held}. Missing:"
        f" {', '.join(lacking or [role])} - not requested, requested as delegated, or without admin consent.",
    )


def has_consent(role: str, api: str, consents: Evidence) -> bool:
    """Return whether the directory lists a consent for an application permission; False where it cannot be seen."""
    id = RESOURCES[api].application_id(role)
    return any(consent.app_role_id.lower() == id for consent in elements_of(consents))


@tells_apart
def app_role_refused(
    refusal: Refusal,
    connection: Connection,
    token_graph: Evidence,
    token_defender: Evidence,
    consents: Evidence,
    graph_alerts: Evidence,
    machines: Evidence,
) -> Finding | None:
    """403: the token lacks the permission, or it has it and something else is in the way."""
    api = refusal.exchange.api if refusal.exchange else ""
    evidence = token_graph if api == "graph" else token_defender
    if not isinstance(evidence, Answer) or not evidence.data.claims:
        return None
    token: Token = evidence.data
    needs = ENDPOINTS[refusal.exchange.endpoint].needs if refusal.exchange else None
    if not isinstance(needs, AppRole) or holds(token, needs.name):
        alike = meets(graph_alerts if api == "graph" else machines, refusal.finding.cause)
        if isinstance(needs, AppRole) and refusal.finding.entry == f"{api}.403":
            return refused_on_the_way(refusal, needs.name, "host" if alike else refusal.probe)
        return replace(refusal.finding, about=api if alike else refusal.probe)
    return missing_role(token, needs.name, connection, consents)


def refused_on_the_way(refusal: Refusal, role: str, about: str) -> Finding:
    """403 without a code of the service, although the token carries the permission: most likely not the service."""
    return finding(
        "intercepted",
        certainty="likely",
        also=("licence_missing", "app_role_missing"),
        about=about,
        code=refusal.finding.code,
        explanation=f"The token carries {role}, and the refusal has no code of the service: something on the way most"
        " likely refused the request in its place.",
    )


def meets(evidence: Evidence, cause: str) -> bool:
    """Return whether the representative probe of an API is refused for this cause too: then it is not about one
    operation.
    """
    return isinstance(evidence, Refusal) and evidence.finding.cause == cause


@tells_apart
def unlicensed(refusal: Refusal, connection: Connection, graph_alerts: Evidence, machines: Evidence) -> Finding | None:
    """Return the finding of a missing licence; where Graph refuses for it too, the tenant has no Defender at all."""
    if meets(graph_alerts, "licence_missing"):
        return replace(refusal.finding, about="graph")
    defender = refusal.exchange is not None and refusal.exchange.api == "defender"
    return replace(
        refusal.finding, about="defender" if defender and meets(machines, "licence_missing") else refusal.probe
    )


@tells_apart
def unlisted(refusal: Refusal, connection: Connection, graph_alerts: Evidence) -> Finding | None:
    """Return the missing licence as the finding of a Graph list's 404, where alerts are refused for it."""
    if isinstance(graph_alerts, Refusal) and graph_alerts.finding.cause == "licence_missing":
        return replace(graph_alerts.finding, about="graph")
    return None
