"""The shapes of the resources around a Sentinel workspace in Azure Resource Manager."""

from __future__ import annotations

from typing import Any

from conformance.apis.shape import Shape


class Resource(Shape, frozen=True, kw_only=True):
    """The members of every resource. Ids and types are compared case-insensitively: services differ in case."""

    id: str
    name: str
    type: str
    etag: str | None = None


class SubscriptionPolicies(Shape, frozen=True, kw_only=True):
    location_placement_id: str | None = None
    quota_id: str | None = None
    spending_limit: str | None = None


class ManagedByTenant(Shape, frozen=True, kw_only=True):
    tenant_id: str | None = None


class Subscription(Shape, frozen=True, kw_only=True):
    """A subscription; ``state`` is Enabled, Warned, PastDue, Disabled or Deleted."""

    id: str
    subscription_id: str
    display_name: str
    state: str
    tenant_id: str | None = None
    authorization_source: str | None = None
    managed_by_tenants: tuple[ManagedByTenant, ...] | None = None
    subscription_policies: SubscriptionPolicies | None = None
    tags: dict[str, str] | None = None


class ResourceGroupProperties(Shape, frozen=True, kw_only=True):
    provisioning_state: str | None = None


class ResourceGroup(Shape, frozen=True, kw_only=True):
    id: str
    name: str
    location: str
    type: str | None = None  # missing in older api-versions
    properties: ResourceGroupProperties | None = None
    tags: dict[str, str] | None = None


class Sku(Shape, frozen=True, kw_only=True):
    """The pricing tier: PerGB2018, CapacityReservation, LACluster and others."""

    name: str | None = None
    capacity_reservation_level: int | None = None


class WorkspaceCapping(Shape, frozen=True, kw_only=True):
    """The daily cap: gigabytes (-1 for none) and whether it stops ingestion now.

    ``data_ingestion_status`` is RespectQuota, ApproachingQuota, OverQuota, ForceOn, ForceOff or
    SubscriptionSuspended.
    """

    daily_quota_gb: float | None = None
    quota_next_reset_time: str | None = None
    data_ingestion_status: str | None = None


class WorkspaceFeatures(Shape, frozen=True, kw_only=True):
    """The use of the workspace. ``associations`` lists the products on it: Sentinel, MDC, SentinelGraph.

    ``data_authorization_mode`` is documented as text but defined as a boolean: both are accepted.
    """

    associations: tuple[str, ...] | None = None
    enable_log_access_using_only_resource_permissions: bool | None = None
    data_authorization_mode: str | bool | None = None
    disable_local_auth: bool | None = None
    cluster_resource_id: str | None = None
    unified_sentinel_billing_only: bool | None = None


class PrivateLinkScopedResource(Shape, frozen=True, kw_only=True):
    resource_id: str | None = None
    scope_id: str | None = None


class WorkspaceProperties(Shape, frozen=True, kw_only=True):
    """The properties of a workspace. ``customer_id`` is the GUID that the query API uses as workspace id.

    The network switches are Enabled, Disabled or SecuredByPerimeter. Dates are text, in more than one format.
    """

    customer_id: str
    provisioning_state: str | None = None
    sku: Sku | None = None
    retention_in_days: int | None = None
    workspace_capping: WorkspaceCapping | None = None
    features: WorkspaceFeatures | None = None
    public_network_access_for_ingestion: str | None = None
    public_network_access_for_query: str | None = None
    force_cmk_for_query: bool | None = None
    private_link_scoped_resources: tuple[PrivateLinkScopedResource, ...] | None = None
    default_data_collection_rule_resource_id: str | None = None
    replication: dict[str, Any] | None = None
    failover: dict[str, Any] | None = None
    created_date: str | None = None
    modified_date: str | None = None


class Workspace(Resource, frozen=True, kw_only=True):
    """A Log Analytics workspace."""

    location: str
    properties: WorkspaceProperties
    tags: dict[str, str] | None = None


class TableSchema(Shape, frozen=True, kw_only=True):
    """The kind of a table. ``table_type`` is Microsoft, CustomLog, RestoredLogs or SearchResults; ``table_sub_type`` is
    Any, Classic or DataCollectionRuleBased. The columns are left out, because there are very many.
    """

    table_type: str | None = None
    table_sub_type: str | None = None


class TableProperties(Shape, frozen=True, kw_only=True):
    """The plan, retention and protection of a table. ``plan`` is Analytics, Basic or Auxiliary; ``protection_level`` is
    General or Protected, in newer api-versions only.
    """

    plan: str | None = None
    protection_level: str | None = None
    retention_in_days: int | None = None
    total_retention_in_days: int | None = None
    schema: TableSchema | None = None


class Table(Shape, frozen=True, kw_only=True):
    """A table of the workspace: its plan, and its retention."""

    id: str
    name: str
    type: str | None = None
    properties: TableProperties


class ResourceType(Shape, frozen=True, kw_only=True):
    """A type of resource, and its api-versions."""

    resource_type: str
    api_versions: tuple[str, ...] | None = None


class Provider(Shape, frozen=True, kw_only=True):
    """A resource provider in a subscription. ``registration_state`` is Registered, NotRegistered, Registering,
    Unregistering or Unregistered.
    """

    id: str
    namespace: str
    registration_state: str
    resource_types: tuple[ResourceType, ...] = ()
