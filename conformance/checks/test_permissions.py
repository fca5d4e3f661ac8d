"""Admin consent: the application permissions that the tokens carry."""

from __future__ import annotations

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import AppRole
from conformance.apis.graph import Application, AppRoleAssignment
from conformance.apis.permissions import permission_of, resource_of
from conformance.apis.shape import ODataList
from conformance.checks.expect import Found, fail, not_applicable, require_answer
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.probing.diagnosis.claims import flaw
from conformance.probing.diagnosis.permissions import holds, missing_role
from conformance.probing.evidence import Answer, Evidence
from conformance.probing.tokens import Token


@check(
    "PERM-001",
    "the Graph token carries SecurityAlert.Read.All",
    using={"token": "token_graph"},
    given={"role": "SecurityAlert.Read.All"},
    owns=("app_role_missing:SecurityAlert.Read.All", "app_role_stale_token:graph"),
)
@check(
    "PERM-002",
    "the Graph token carries SecurityIncident.Read.All",
    using={"token": "token_graph"},
    given={"role": "SecurityIncident.Read.All"},
    owns=("app_role_missing:SecurityIncident.Read.All",),
)
@check(
    "PERM-003",
    "the Graph token carries SecurityEvents.Read.All (for secure scores only)",
    level="should",
    using={"token": "token_graph"},
    given={"role": "SecurityEvents.Read.All"},
    owns=("app_role_missing:SecurityEvents.Read.All",),
)
@check(
    "PERM-011",
    "the Defender token carries Machine.Read.All",
    using={"token": "token_defender"},
    given={"role": "Machine.Read.All"},
    owns=("app_role_missing:Machine.Read.All", "app_role_stale_token:defender"),
)
@check(
    "PERM-012",
    "the Defender token carries Alert.Read.All",
    using={"token": "token_defender"},
    given={"role": "Alert.Read.All"},
    owns=("app_role_missing:Alert.Read.All",),
)
def test_role_granted(connection: Connection, token: Answer[Token], consents: Evidence, role: str) -> None:
    """By the token's ``roles`` claim: the permission, or the ReadWrite one that includes it.

    A token cannot tell whether a missing permission was never requested, requested as delegated or never consented;
    PERM-021 tells it where the app may read itself. What is missing of one API is one finding, with one command.
    """
    if token.data.claims and not holds(token.data, role):
        if found := flaw(token.data, connection, token.exchange.date):
            raise Found(found, promise="token-claims")
        raise Found(missing_role(token.data, role, connection, consents), promise="roles-claim")


NEEDED = {
    audience: frozenset(
        name
        for endpoint in ENDPOINTS.values()
        if endpoint.api.audience == audience and isinstance(endpoint.needs, AppRole)
        for name in (endpoint.needs.name,)
    )
    for audience in ("graph", "defender", "log_analytics", "arm")
}
HARMLESS = frozenset({"Data.Read", "Application.Read.All"})
"""Not needed, and of use: the query API's own permission, and reading one's own registration."""


@check(
    "PERM-020",
    "no token carries permissions beyond what the connection needs",
    level="should",
    owns=("over_privileged:permissions",),
)
def test_least_privilege(token_graph: Evidence, token_defender: Evidence, token_log_analytics: Evidence) -> None:
    """The ``roles`` of each token against the permissions of the operations that are used; write permissions are
    named.
    """
    tokens = [token.data for token in (token_graph, token_defender, token_log_analytics) if isinstance(token, Answer)]
    if not tokens:
        for one in (token_graph, token_defender, token_log_analytics):
            require_answer(one)
        not_applicable("there is no token to look at")
    beyond = sorted(
        {role for token in tokens for role in token.roles}
        - HARMLESS
        - {role for token in tokens for role in NEEDED[token.audience]}
    )
    if beyond:
        writing = [role for role in beyond if ".Read" not in role.replace(".ReadWrite", "")]
        tail = f" Of these, {', '.join(writing)} can change things." if writing else ""
        fail(
            f"Beyond what it needs, the app holds {', '.join(beyond)}.{tail}",
            "over_privileged",
            about="permissions",
            facts={"roles": ", ".join(beyond)},
        )


@check("PERM-021", "what is requested of each API is an application permission and consented", level="should")
def test_requested_and_consented(
    application: Answer[Application], consents: Answer[ODataList[AppRoleAssignment]]
) -> None:
    """Where the app may read its own registration: requested, delegated and consented permissions told apart."""
    granted = {consent.app_role_id.lower() for consent in consents.data.value}
    for wanted in application.data.required_resource_access or ():
        resource = resource_of(wanted.resource_app_id)
        name = resource.name if resource else wanted.resource_app_id
        for access in wanted.resource_access:
            permission = permission_of(access.id)
            role = permission.name if permission else None
            if access.type == "Role" and access.id.lower() not in granted:
                fail(
                    f"{role or access.id} of {name} is requested but no admin consented to it.",
                    "app_role_missing",
                    about="registration",
                    facts={"roles": role or access.id},
                )
            if access.type == "Scope" and permission and permission.application:
                fail(
                    f"{permission.name} of {name} is requested as delegated, which does nothing without a user.",
                    "app_role_missing",
                    about="registration",
                    facts={"roles": permission.name},
                )
