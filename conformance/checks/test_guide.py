"""Steps of the onboarding guide that have no effect or do not work, each reported once."""

from __future__ import annotations

from conformance.apis.graph import Application
from conformance.apis.permissions import RESOURCES
from conformance.checks.expect import Found, fail, not_applicable
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.probing.diagnosis.claims import flaw
from conformance.probing.diagnosis.permissions import holds
from conformance.probing.evidence import Answer, Evidence, Refusal
from conformance.probing.tokens import Token

CAUSE = "guide_step_without_effect"
ARM = RESOURCES["arm"]


def of_the_guide(connection: Connection) -> str | None:
    """Return the reason why the guide's steps do not apply to a connection, or None where its profile is the
    guide's.
    """
    return None if connection.profile.guide else f"the profile {connection.profile.name} follows another guide"


@check(
    "GUIDE-001",
    "no permission of Azure Service Management is requested",
    level="should",
    owns=(f"{CAUSE}:user_impersonation",),
    applies=of_the_guide,
)
def test_user_impersonation(application: Answer[Application]) -> None:
    """``user_impersonation`` is a delegated permission: an app without a user gets nothing from it. Azure roles
    decide.
    """
    for access in application.data.required_resource_access or ():
        if access.resource_app_id.lower() == ARM.app_id:
            fail(
                f"The app requests user_impersonation of {ARM.name}. That is a delegated permission and changes"
                " nothing for an app that signs in by itself; its Azure role is what counts. The step can be left out.",
                CAUSE,
                about="user_impersonation",
            )


@check(
    "GUIDE-002",
    "Defender is called with a Defender token",
    level="should",
    owns=(f"{CAUSE}:defender_token",),
    applies=of_the_guide,
)
def test_defender_token(token_log_analytics: Answer[Token], token_defender: Evidence) -> None:
    """The guide calls Defender with a token for Log Analytics, which Defender refuses with 401. Defender needs a token
    for Defender.
    """
    if isinstance(token_defender, Answer):
        return
    if not isinstance(token_defender, Refusal):
        not_applicable("this connection does not use Defender for Endpoint")
    if not token_defender.finding.conclusive:
        raise Found(token_defender.finding, refusal=token_defender)
    fail(
        "There is a token for Log Analytics and none for Defender for Endpoint. The guide uses the one for the other,"
        " which Defender refuses with 401: it needs a token for https://api.securitycenter.microsoft.com/.default.",
        CAUSE,
        about="defender_token",
    )


@check(
    "GUIDE-003",
    "SecurityEvents.Read.All is not relied on for alerts",
    level="should",
    owns=(f"{CAUSE}:SecurityEvents",),
    applies=of_the_guide,
)
def test_security_events(token_graph: Answer[Token]) -> None:
    """Since 2026-10-15 this permission gives access to secure scores only. Alerts and incidents need other
    permissions.
    """
    roles = token_graph.data.roles
    if "SecurityEvents.Read.All" in roles and not holds(token_graph.data, "SecurityAlert.Read.All"):
        fail(
            "SecurityEvents.Read.All no longer opens any alerts; the app needs SecurityAlert.Read.All and"
            " SecurityIncident.Read.All for that.",
            CAUSE,
            about="SecurityEvents",
        )


@check(
    "GUIDE-004",
    "no error was met that the guide explains wrongly",
    level="should",
    owns=(f"{CAUSE}:errors",),
    applies=of_the_guide,
)
def test_error_table(
    token_arm: Evidence, token_log_analytics: Evidence, token_graph: Evidence, token_defender: Evidence
) -> None:
    """AADSTS700011 is not a redirect mismatch: it means that the app is not in the tenant."""
    for token in (token_arm, token_log_analytics, token_graph, token_defender):
        if isinstance(token, Refusal) and token.finding.code == "AADSTS700011":
            fail(
                "The guide calls AADSTS700011 a redirect mismatch. It says that the app is not in this tenant.",
                CAUSE,
                about="errors",
            )


@check(
    "GUIDE-005",
    "the Defender permissions, which the guide leaves out, are granted",
    level="should",
    owns=(f"{CAUSE}:defender_permissions",),
    applies=of_the_guide,
)
def test_defender_permissions(connection: Connection, token_defender: Answer[Token], token_graph: Evidence) -> None:
    """Machine.Read.All and Alert.Read.All of WindowsDefenderATP are needed; the guide only requests permissions of
    Graph.
    """
    if problem := flaw(token_defender.data, connection, token_defender.exchange.date):
        raise Found(problem)
    if (
        token_defender.data.claims
        and not token_defender.data.roles
        and isinstance(token_graph, Answer)
        and token_graph.data.roles
    ):
        fail(
            "The app was set up as the guide says: with permissions of Microsoft Graph, and none of WindowsDefenderATP."
            " The guide leaves out Machine.Read.All and Alert.Read.All, which its own Defender step needs.",
            CAUSE,
            about="defender_permissions",
        )
