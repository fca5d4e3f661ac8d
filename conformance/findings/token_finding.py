"""The finding about a pasted access token, for a connection. It never contains the token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from conformance.apis import ENDPOINTS, graph
from conformance.apis.endpoint import AppRole
from conformance.findings.cause import CAUSES, UNKNOWN
from conformance.findings.finding import Finding, finding
from conformance.findings.token_text import TokenText, is_only_token, token_in

OPTIONAL = (graph.READ_DIRECTORY, graph.READ_EVENTS)
"""App roles that a connection only gains by."""


def token_finding(
    text: str, service: str | None, facts: Mapping[str, str], *, now: datetime | None = None
) -> Finding | None:
    """Return the finding about a text that is only a token or its decoded claims; None for any other text."""
    token = token_in(text)
    if token is None or not is_only_token(text):
        return None
    moment = now or datetime.now(UTC)
    missing_roles = tuple(missing(token))
    cause, why = next(_problems(token, service, facts, missing_roles, moment), (UNKNOWN, ""))
    sentences = [token.describe(moment)]
    if token.api in ("graph", "defender") and not token.user:
        sentences.append(f"Missing for a connection: {', '.join(role.name for role in missing_roles) or 'nothing'}.")
    if (app := facts.get("client_id")) and token.app and app.lower() != token.app.lower():
        sentences.append(f"It is not the connection's app ({app}): get one with its own client id.")
    sentences.append(why or "Nothing is wrong with it by itself; whether its signature holds was not looked at.")
    return finding(
        cause,
        facts={**facts, "roles": ", ".join(role.name for role in missing_roles), "api": token.api or ""},
        certainty="likely",
        explanation=" ".join(sentences),
        about=token.api,
        remedy=None if cause != UNKNOWN else "Paste the answer that the service gave to it as well.",
    )


def missing(token: TokenText) -> Iterator[AppRole]:
    """Yield the app roles that operations of the token's API need and the token lacks, the optional roles last."""
    candidates = dict.fromkeys(
        endpoint.needs
        for endpoint in ENDPOINTS.values()
        if endpoint.api.name == token.api and isinstance(endpoint.needs, AppRole)
    )
    missing_roles = [role for role in candidates if not set(role.any_of) & set(token.roles)]
    names: set[str] = set()
    for role in sorted(missing_roles, key=lambda role: role in OPTIONAL):
        if role.name not in names:
            names.add(role.name)
            yield role


def _problems(
    token: TokenText, service: str | None, facts: Mapping[str, str], missing_roles: tuple[AppRole, ...], now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield all problems of the token as (cause, sentence), those that hide others first."""
    expected_api = {"sentinel": "arm", "loganalytics": "log_analytics"}.get(service or "", service)
    if token.api is None or token.api not in {endpoint.api.audience for endpoint in ENDPOINTS.values()}:
        yield "wrong_token_audience", "That audience is none of a connection's APIs."
    elif expected_api and expected_api != token.api:
        yield "wrong_token_audience", f"It was issued for another API than {service}."
    if (tenant := facts.get("tenant_id")) and token.tenant and "-" in tenant and tenant.lower() != token.tenant.lower():
        yield "wrong_token_tenant", "It comes from another tenant than the connection's."
    if (
        (cloud := facts.get("cloud_az"))
        and token.clouds
        and cloud not in {cloud_of_token.az for cloud_of_token in token.clouds}
    ):
        yield "wrong_cloud", f"Its cloud is not the connection's ({cloud})."
    if token.expired(now):
        yield "token_expired", CAUSES["token_expired"].explanation
    if token.user:
        yield "auth_method_unsupported", "It acts for a user; a connection signs in as an app by itself."
    if any(role not in OPTIONAL for role in missing_roles):
        yield "app_role_missing", CAUSES["app_role_missing"].explanation
