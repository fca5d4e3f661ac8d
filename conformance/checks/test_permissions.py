"""Admin consent: the application permissions in the tokens."""

from __future__ import annotations

from collections.abc import Callable

from conformance.apis.graph import Application, AppRoleAssignment
from conformance.apis.permissions import RESOURCES, permission_of, resource_of
from conformance.apis.shape import ODataList
from conformance.checks.expect import Found, fail, not_applicable, require_answer
from conformance.checks.registry import F, check
from conformance.connection import Connection
from conformance.connection.requirement import LABELS
from conformance.probing.diagnosis.claims import flaw
from conformance.probing.diagnosis.permissions import about_further, further, holds, missing_role
from conformance.probing.evidence import Answer, Evidence
from conformance.probing.tokens import Token


def asks_for(role: str, api: str, *, optional: bool = False) -> Callable[[Connection], str | None]:
    """Return a function that gives the reason why the check of one permission does not apply to a connection, else
    None.
    """

    def reason(connection: Connection) -> str | None:
        asked_for = connection.needs.recommended(api) if optional else connection.needs.required(api)
        return None if role in asked_for else f"the profile {connection.profile.name} does not ask for {role}"

    return reason


@check(
    "PERM-001",
    "the Graph token carries SecurityAlert.Read.All",
    using={"token": "token_graph"},
    given={"role": "SecurityAlert.Read.All"},
    owns=("app_role_missing:SecurityAlert.Read.All", "app_role_stale_token:graph"),
    applies=asks_for("SecurityAlert.Read.All", "graph"),
)
@check(
    "PERM-002",
    "the Graph token carries SecurityIncident.Read.All",
    using={"token": "token_graph"},
    given={"role": "SecurityIncident.Read.All"},
    owns=("app_role_missing:SecurityIncident.Read.All",),
    applies=asks_for("SecurityIncident.Read.All", "graph"),
)
@check(
    "PERM-003",
    "the Graph token carries SecurityEvents.Read.All (for secure scores only)",
    level="should",
    using={"token": "token_graph"},
    given={"role": "SecurityEvents.Read.All"},
    owns=("app_role_missing:SecurityEvents.Read.All",),
    applies=asks_for("SecurityEvents.Read.All", "graph", optional=True),
)
@check(
    "PERM-011",
    "the Defender token carries Machine.Read.All",
    using={"token": "token_defender"},
    given={"role": "Machine.Read.All"},
    owns=("app_role_missing:Machine.Read.All", "app_role_stale_token:defender"),
    applies=asks_for("Machine.Read.All", "defender"),
)
@check(
    "PERM-012",
    "the Defender token carries Alert.Read.All",
    using={"token": "token_defender"},
    given={"role": "Alert.Read.All"},
    owns=("app_role_missing:Alert.Read.All",),
    applies=asks_for("Alert.Read.All", "defender"),
)
def test_role_granted(connection: Connection, token: Answer[Token], consents: Evidence, role: str) -> None:
    """The token's ``roles`` claim has the permission, or the ReadWrite permission that includes it.

    A token does not show whether a missing permission was never requested, requested as delegated or never consented.
    PERM-021 shows it if the app may read its own registration. All missing permissions of one API are one finding with
    one command.
    """
    if token.data.claims and not holds(token.data, role):
        if problem := flaw(token.data, connection, token.exchange.date):
            raise Found(problem, promise="token-claims")
        raise Found(missing_role(token.data, role, connection, consents), promise="roles-claim")


def asks_for_more(api: str, *, optional: bool = False) -> Callable[[Connection], str | None]:
    """Return a function that gives the reason why the check of an API's further permissions does not apply, else
    None.
    """

    def reason(connection: Connection) -> str | None:
        if further(connection.needs, api, optional=optional):
            return None
        return f"the profile {connection.profile.name} asks for no further permission of {RESOURCES[api].name}"

    return reason


def declare_further(id: str, api: str, what: str, *, optional: bool = False) -> Callable[[F], F]:
    """Declare the check of an API's permissions that have no check of their own."""
    return check(
        id,
        f"the {LABELS[api]} token carries {what}",
        level="should" if optional else "must",
        using={"token": f"token_{api}"},
        given={"api": api, "optional": optional},
        owns=(f"app_role_missing:{about_further(api, optional=optional)}",),
        applies=asks_for_more(api, optional=optional),
    )


@declare_further("PERM-004", "graph", "every further permission of the profile")
@declare_further("PERM-005", "graph", "the permissions for a part of what the profile is for", optional=True)
@declare_further("PERM-013", "defender", "every further permission of the profile")
@declare_further("PERM-014", "defender", "the permissions for a part of what the profile is for", optional=True)
@declare_further("PERM-016", "log_analytics", "every permission of the profile")
def test_further_roles_granted(
    connection: Connection, token: Answer[Token], consents: Evidence, api: str, optional: bool
) -> None:
    """The token's ``roles`` claim has every permission that a profile or ``[connection.expect]`` asks for beyond the
    onboarding guide. Missing ones are named.

    Permissions to write are never used: only the token is read.
    """
    for role in further(connection.needs, api, optional=optional):
        if token.data.claims and not holds(token.data, role):
            if problem := flaw(token.data, connection, token.exchange.date):
                raise Found(problem, promise="token-claims")
            raise Found(missing_role(token.data, role, connection, consents), promise="roles-claim")


HARMLESS = frozenset({"Data.Read", "Application.Read.All"})
"""Not needed, and of use: the query API's own permission, and reading one's own registration."""


@check(
    "PERM-020",
    "no token carries permissions beyond what the connection needs",
    level="should",
    owns=("over_privileged:permissions",),
)
def test_least_privilege(
    connection: Connection, token_graph: Evidence, token_defender: Evidence, token_log_analytics: Evidence
) -> None:
    """The ``roles`` of each token are only those that the connection's profile asks for, and those that these include.
    Permissions to write are named.
    """
    tokens = [token.data for token in (token_graph, token_defender, token_log_analytics) if isinstance(token, Answer)]
    if not tokens:
        for evidence in (token_graph, token_defender, token_log_analytics):
            require_answer(evidence)
        not_applicable("there is no token to look at")
    beyond = sorted(
        {role for token in tokens for role in token.roles}
        - HARMLESS
        - {role for token in tokens for role in included(connection, token.audience)}
    )
    if beyond:
        writing = [role for role in beyond if ".Read" not in role.replace(".ReadWrite", "")]
        tail = f" Of these, {', '.join(writing)} can change things." if writing else ""
        fail(
            f"Beyond what it needs, the app holds {', '.join(beyond)}.{tail}",
            "over_privileged",
            about="permissions",
            facts={"roles": ", ".join(beyond), "needed_role": connection.needs.role},
        )


def included(connection: Connection, api: str) -> set[str]:
    """Return the permissions of an API that a connection asks for, and the Read permissions that ReadWrite ones
    include.
    """
    asked_for = {*connection.needs.required(api), *connection.needs.recommended(api)}
    return asked_for | {role.replace(".ReadWrite.", ".Read.") for role in asked_for}


@check("PERM-021", "each requested permission is an application permission and has admin consent", level="should")
def test_requested_and_consented(
    application: Answer[Application], consents: Answer[ODataList[AppRoleAssignment]]
) -> None:
    """If the app may read its own registration, this distinguishes requested, delegated and consented permissions."""
    granted = {consent.app_role_id.lower() for consent in consents.data.value}
    for requested_access in application.data.required_resource_access or ():
        resource = resource_of(requested_access.resource_app_id)
        name = resource.name if resource else requested_access.resource_app_id
        for access in requested_access.resource_access:
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
