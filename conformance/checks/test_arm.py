"""The workspace, its subscription and its resource group."""

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
    """The subscription is Enabled, Warned or PastDue, and belongs to the tenant of the tokens, or to
    ``customer_tenant_id`` where it is delegated (Azure Lighthouse). An app with a role on the workspace alone cannot
    see the subscription; then an answer from the workspace is enough.
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
    """Return the finding of a subscription whose ``tenantId`` is not the expected tenant, else None.

    Without ``customer_tenant_id`` the expected tenant is that of the tokens. A subscription delegated to it is a
    finding only where Microsoft Graph or Defender is used too, since these answer for the tenant of the tokens.
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
    """The resource group answers. An app with a role on the workspace alone cannot see it; then an answer from the
    workspace is enough.
    """
    if isinstance(resource_group, Answer):
        return
    refusal_finding = resource_group.finding if isinstance(resource_group, Refusal) else None
    if refusal_finding and refusal_finding.conclusive and refusal_finding.cause not in UNSEEN:
        require_answer(resource_group)
    if isinstance(resource_group, Refusal) and isinstance(workspace, Answer | NotAsked):
        not_applicable("it is not shown to the app, but its contents are, so it exists")
    require_answer(workspace)
    require_answer(resource_group)
    not_applicable("this connection does not look into the resource group")


@check("ARM-003", "the workspace exists and is provisioned", owns=("workspace_not_found",))
def test_workspace(workspace: Answer[Workspace], query_print: Evidence) -> None:
    """``provisioningState`` is Succeeded, and the query API finds the workspace too."""
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
    """``customerId`` of the workspace equals ``workspace_id``: the name and the GUID belong to the same workspace."""
    if mismatch := id_mismatch(connection, workspace.data):
        raise Found(mismatch, promise="customer-id")


@check("ARM-005", "the workspace answers queries from public networks", owns=("network_access_disabled",))
def test_public_queries(connection: Connection, workspace: Answer[Workspace], query_print: Evidence) -> None:
    """``publicNetworkAccessForQuery`` is Enabled, or a query was answered anyway, from inside the workspace's
    network.
    """
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
    """The daily cap is not reached, by ``dataIngestionStatus`` and the workspace's own log. Retention is at least
    ``expect.min_retention_days``.
    """
    properties = workspace.data.properties
    if stop := ingestion_stop(workspace, query_daily_cap):
        raise Found(stop, stated=True)
    days, expected = properties.retention_in_days, connection.expect.min_retention_days
    if days is not None and expected is not None and days < expected:
        fail(f"The workspace keeps data for {days} days; {expected} are expected.", "data_stale", about="retention")


def is_associated(workspace: Workspace) -> bool:
    """Return whether Microsoft Sentinel is in the workspace's list of solutions (``features.associations``)."""
    features = workspace.properties.features
    return "Sentinel" in ((features and features.associations) or ())


NOT_ENABLED = ("sentinel_not_onboarded", "provider_not_registered")


@check("ARM-007", "Microsoft Sentinel is enabled on the workspace", owns=NOT_ENABLED)
def test_onboarded(connection: Connection, onboarding: Evidence, workspace: Evidence, incidents: Evidence) -> None:
    """The onboarding state exists, or incidents are answered. If the app may not read the onboarding state, the
    workspace's own list of solutions (``features.associations``) is enough.
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
