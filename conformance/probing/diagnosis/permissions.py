"""Graph and Defender: a missing permission, a missing licence and a wrong audience, distinguished by the token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import AppRole
from conformance.apis.permissions import RESOURCES
from conformance.connection import Connection, ManagedIdentity
from conformance.connection.needs import Needs
from conformance.connection.requirement import LABELS
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.rules import elements_of, tells_apart
from conformance.probing.evidence import Answer, Evidence, NotAsked, Refusal
from conformance.probing.tokens import Token

OWN_CHECK: Mapping[str, tuple[str, ...]] = {
    "graph": ("SecurityAlert.Read.All", "SecurityIncident.Read.All"),
    "defender": ("Machine.Read.All", "Alert.Read.All"),
}
"""Required permissions with a check of their own (PERM-001 to PERM-012)."""
OWN_ADVICE: Mapping[str, tuple[str, ...]] = {"graph": ("SecurityEvents.Read.All",)}
"""Optional permissions with a check of their own."""


def further(needs: Needs, api: str, *, optional: bool = False) -> tuple[str, ...]:
    """Return the needed permissions of an API for which no separate check exists."""
    asked_for, own = (needs.recommended(api), OWN_ADVICE) if optional else (needs.required(api), OWN_CHECK)
    return tuple(permission for permission in asked_for if permission not in own.get(api, ()))


def about_further(api: str, *, optional: bool = False) -> str:
    """Return the subject of a finding about the further permissions of an API."""
    return f"{api}_optional" if optional else f"{api}_further"


def subject(needs: Needs, api: str, role: str) -> str:
    """Return the subject of a missing permission's finding: the permission, or the further permissions of its API."""
    if role in further(needs, api):
        return about_further(api)
    return about_further(api, optional=True) if role in further(needs, api, optional=True) else role


def holds(token: Token, role: str) -> bool:
    """Return whether a token carries a permission, or the ReadWrite permission that includes it."""
    return role in token.roles or role.replace(".Read.", ".ReadWrite.") in token.roles


def missing_role(token: Token, role: str, connection: Connection, consents: Evidence) -> Finding:
    """Return one finding for all missing permissions of an API, about the first, with one command for all.

    Without a service principal no permission can be granted, so its absence is the finding. ``consents``, if the app
    may read them, distinguish a permission without consent from a token issued before the consent.
    """
    if token.object_id is None:
        return finding("service_principal_missing", facts=connection.facts())
    if has_consent(role, token.audience, consents):
        return finding(
            "app_role_stale_token",
            facts=connection.facts(),
            about=token.audience,
            explanation=f"{role} is consented, and the {LABELS[token.audience]} token does not carry it yet:"
            f" tokens keep"
            " the permissions of the moment they were issued. It takes minutes; try again with a new one.",
        )
    api, needs = token.audience, connection.needs
    required = needs.required(api)
    missing = [permission for permission in (*required, *needs.recommended(api)) if not holds(token, permission)]
    first = next((permission for permission in missing if permission in required), role)
    roles = ", ".join(token.roles) or "none at all"
    why = "not requested, requested as delegated, or without admin consent"
    if isinstance(connection.credential, ManagedIdentity):
        why = "not assigned to the managed identity, or after its token was issued, which is kept for up to 24 hours"
    return finding(
        "app_role_missing",
        about=subject(needs, api, first),
        facts={**connection.facts(), "roles": ", ".join(missing or [role])},
        explanation=f"The {LABELS[api]} token carries these application permissions: {roles}. Missing:"
        f" {', '.join(missing or [role])} - {why}.",
    )


def has_consent(role: str, api: str, consents: Evidence) -> bool:
    """Return whether the directory lists a consent for an application permission; False if the consents cannot be
    read.
    """
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
) -> Finding | NotAsked | None:
    """Return the finding of a 403: the token lacks the permission, or has it and something else prevents the request.

    An operation that needs only a missing optional permission is not asked: the permission's own check warns about it.
    """
    api = refusal.exchange.api if refusal.exchange else ""
    evidence = token_graph if api == "graph" else token_defender
    if not isinstance(evidence, Answer) or not evidence.data.claims:
        return None
    token: Token = evidence.data
    needs = ENDPOINTS[refusal.exchange.endpoint].needs if refusal.exchange else None
    if not isinstance(needs, AppRole) or holds(token, needs.name):
        has_same_cause = meets(graph_alerts if api == "graph" else machines, refusal.finding.cause)
        if isinstance(needs, AppRole) and refusal.finding.entry == f"{api}.403":
            return refused_on_the_way(refusal, needs.name, "host" if has_same_cause else refusal.probe)
        return replace(refusal.finding, about=api if has_same_cause else refusal.probe)
    if part := of_a_part(connection.needs, api, needs):
        return NotAsked(refusal.probe, f"{part}, for a part of what the profile is for, is not granted")
    return missing_role(token, needs.name, connection, consents)


def of_a_part(needs: Needs, api: str, role: AppRole) -> str | None:
    """Return the further optional permission that an operation needs if no required permission allows it; else None."""
    if not set(needs.required(api)).isdisjoint(role.any_of):
        return None
    return next((name for name in further(needs, api, optional=True) if name in role.any_of), None)


def refused_on_the_way(refusal: Refusal, role: str, about: str) -> Finding:
    """Return the finding of a 403 without a code of the service, although the token carries the permission: most likely
    another server sent the 403.
    """
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
    """Return whether an API's representative probe is refused for this cause too: then the whole API is affected."""
    return isinstance(evidence, Refusal) and evidence.finding.cause == cause


@tells_apart
def unlicensed(refusal: Refusal, connection: Connection, graph_alerts: Evidence, machines: Evidence) -> Finding | None:
    """Return the finding of a missing licence; if Graph also refuses because of it, the tenant has no Defender at
    all.
    """
    if meets(graph_alerts, "licence_missing"):
        return replace(refusal.finding, about="graph")
    defender = refusal.exchange is not None and refusal.exchange.api == "defender"
    return replace(
        refusal.finding, about="defender" if defender and meets(machines, "licence_missing") else refusal.probe
    )


@tells_apart
def unlisted(refusal: Refusal, connection: Connection, graph_alerts: Evidence) -> Finding | None:
    """Return the finding of a missing licence for a Graph list's 404 if alerts are refused because of the licence; else
    None.
    """
    if isinstance(graph_alerts, Refusal) and graph_alerts.finding.cause == "licence_missing":
        return replace(graph_alerts.finding, about="graph")
    return None
