"""The workspace and what surrounds it."""

from __future__ import annotations

from conformance.apis.arm import Subscription, Workspace
from conformance.checks.expect import Found, fail, not_applicable, require, require_answer
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.diagnosis.ingestion import ingestion_stop
from conformance.probing.diagnosis.log_analytics import id_mismatch, is_closed, network_closed, not_onboarded
from conformance.probing.evidence import Answer, Evidence, NotAsked, Refusal

UNSEEN = frozenset({"rbac_role_missing", "rbac_wrong_scope", "rbac_wrong_principal", "rbac_propagating", "rbac_denied"})


@check(
    "ARM-001",
    "the subscription exists, belongs to the tenant and is enabled",
    owns=(
        "subscription_not_found",
        "subscription_disabled",
        "wrong_token_tenant",
    ),
)
def test_subscription(connection: Connection, subscription: Evidence, workspace: Evidence, token_arm: Evidence) -> None:
    """A role on the workspace alone does not show the subscription: what is below it then speaks for it. A delegated
    one (Azure Lighthouse) belongs to ``customer_tenant_id``.
    """
    if isinstance(subscription, Answer):
        state = subscription.data.state
        require(
            state in ("Enabled", "Warned", "PastDue"),
            f"The subscription is {state}.",
            "subscription_disabled",
            promise="subscription-state",
        )
        if problem := other_tenant(connection, subscription.data, token_arm):
            raise Found(problem, stated=True, promise="subscription-tenant")
        return
    if isinstance(subscription, Refusal) and subscription.finding.cause not in UNSEEN:
        raise Found(subscription.finding, refusal=subscription)
    if require_answer(workspace) is None:
        unused = isinstance(subscription, NotAsked)
        not_applicable(
            "this connection does not look into the subscription" if unused else "it is not shown to the app"
        )


def other_tenant(connection: Connection, subscription: Subscription, token_arm: Evidence) -> Finding | None:
    """Return the finding of a subscription that belongs to another tenant than it should, by its own ``tenantId``.

    Without ``customer_tenant_id`` that is one delegated to the tenant of the tokens: it counts where Microsoft Graph or
    Defender is used too, since both answer for the latter.
    """
    token = token_arm.data.claims.get("tid") if isinstance(token_arm, Answer) else None
    owner, expected = subscription.tenant_id, connection.customer_tenant_id or token
    if owner is None or not isinstance(expected, str) or owner.lower() == expected.lower():
        return None
    if connection.customer_tenant_id is not None:
        text = f"The subscription belongs to tenant {owner}; customer_tenant_id is {expected}."
        return finding("subscription_not_found", facts=connection.facts(), explanation=text)
    if not (connection.uses("graph") or connection.uses("defender")):
        return None
    return finding(
        "wrong_token_tenant",
        facts=connection.facts(),
        explanation=f"The subscription belongs to tenant {owner} and is delegated to {expected}, whose tokens this"
        " connection has. Azure answers them for the customer; Microsoft Graph and Defender for Endpoint answer for the"
        " provider's own tenant, whose alerts are not the customer's.",
        remedy=f'Set customer_tenant_id = "{owner}" and apis = ["log_analytics", "sentinel"]. For Graph and Defender'
        " make a second connection to the customer's tenant, with an app that the customer has consented.",
    )


@check("ARM-002", "the resource group exists", owns=("resource_group_not_found",))
def test_resource_group(resource_group: Evidence, workspace: Evidence) -> None:
    """A role on the workspace alone does not show the resource group; then the workspace speaks for it."""
    if isinstance(resource_group, Answer):
        return
    refusal_finding = resource_group.finding if isinstance(resource_group, Refusal) else None
    if refusal_finding and refusal_finding.conclusive and refusal_finding.cause not in UNSEEN:
        require_answer(resource_group)
    if isinstance(resource_group, Refusal) and isinstance(workspace, Answer | NotAsked):
        not_applicable("it is not shown to the app; what is in it is, so it is there")
    require_answer(workspace)
    require_answer(resource_group)
    not_applicable("this connection does not look into the resource group")


@check("ARM-003", "the workspace exists and is provisioned", owns=("workspace_not_found",))
def test_workspace(workspace: Answer[Workspace], query_print: Evidence) -> None:
    """``provisioningState`` is Succeeded, and the query API knows the workspace too."""
    if isinstance(query_print, Refusal) and query_print.finding.cause == "workspace_not_found":
        raise Found(query_print.finding, refusal=query_print)
    state = workspace.data.properties.provisioning_state
    require(
        state in (None, "Succeeded", "Updating"),
        f"The workspace's provisioningState is {state}.",
        "workspace_not_found",
        promise="workspace-state",
    )


@check("ARM-004", "the workspace's id is the configured one", owns=("workspace_id_mismatch",))
def test_workspace_id(connection: Connection, workspace: Answer[Workspace]) -> None:
    """Its ``customerId`` equals ``workspace_id``: name and GUID lead to one place."""
    if mismatch := id_mismatch(connection, workspace.data):
        raise Found(mismatch, promise="customer-id")


@check("ARM-005", "the workspace answers queries from public networks", owns=("network_access_disabled",))
def test_public_queries(connection: Connection, workspace: Answer[Workspace], query_print: Evidence) -> None:
    """``publicNetworkAccessForQuery`` is Enabled - or a query was answered all the same, from inside its network."""
    if is_closed(workspace.data) and not isinstance(query_print, Answer):
        raise Found(network_closed(workspace.data, connection.facts()), promise="public-query")
    if isinstance(query_print, Refusal) and query_print.finding.cause == "network_access_disabled":
        raise Found(query_print.finding, refusal=query_print)


@check(
    "ARM-006",
    "ingestion is not stopped, and data is kept as long as expected",
    level="should",
    owns=("daily_cap_reached",),
)
def test_ingestion(connection: Connection, workspace: Answer[Workspace], query_daily_cap: Evidence) -> None:
    """The daily cap by ``dataIngestionStatus`` and the workspace's own log, retention against
    ``expect.min_retention_days``.
    """
    properties = workspace.data.properties
    if stop := ingestion_stop(workspace, query_daily_cap):
        raise Found(stop, stated=True)
    days, expected = properties.retention_in_days, connection.expect.min_retention_days
    if days is not None and expected is not None and days < expected:
        fail(f"The workspace keeps data for {days} days; {expected} are expected.", "data_stale", about="retention")


def is_associated(workspace: Workspace) -> bool:
    """Return whether the workspace names Microsoft Sentinel among what is built on it (``features.associations``)."""
    features = workspace.properties.features
    return "Sentinel" in ((features and features.associations) or ())


NOT_ENABLED = ("sentinel_not_onboarded", "provider_not_registered")


@check("ARM-007", "Microsoft Sentinel is enabled on the workspace", owns=NOT_ENABLED)
def test_onboarded(connection: Connection, onboarding: Evidence, workspace: Evidence, incidents: Evidence) -> None:
    """By its onboarding state. A refusal to show that is not a no; answered incidents are a yes, and so is what the
    workspace itself says that it is used for.
    """
    if isinstance(incidents, Refusal) and incidents.finding.cause in NOT_ENABLED:
        raise Found(incidents.finding, refusal=incidents)
    if isinstance(onboarding, Answer) or isinstance(incidents, Answer):
        return
    if isinstance(onboarding, Refusal):
        if isinstance(workspace, Refusal) and workspace.finding.cause.endswith("_not_found"):
            raise Found(workspace.finding, refusal=workspace)
        if onboarding.finding.cause == "object_not_found":
            raise Found(not_onboarded(connection), promise="onboarding-state")
        if onboarding.finding.cause in UNSEEN and isinstance(workspace, Answer) and is_associated(workspace.data):
            return
        raise Found(onboarding.finding, refusal=onboarding)
    not_applicable("this connection does not look into the workspace")
