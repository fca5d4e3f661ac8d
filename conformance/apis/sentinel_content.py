"""The shapes of Sentinel's security content: rules, connectors, automation, watchlists, threat intelligence,
settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.apis.azure_resources import Resource
from conformance.apis.sentinel_incidents import ClientInfo, UserInfo
from conformance.apis.shape import Shape, Timestamp


def _require(kind: str, properties: Shape, required: Mapping[str, tuple[str, ...]]) -> None:
    """Raise an error for properties without a required member of their kind. Unknown kinds have no required members."""
    for name, wire in zip(properties.__struct_fields__, properties.__struct_encode_fields__, strict=True):
        if name in required.get(kind, ()) and getattr(properties, name) is None:
            raise ValueError(f"`properties` of kind {kind} is missing required field `{wire}`")


class OnboardingStateProperties(Shape, frozen=True, kw_only=True):
    customer_managed_key: bool | None = None


class OnboardingState(Resource, frozen=True, kw_only=True):
    """The resource that marks a workspace with Sentinel; its name is always ``default``."""

    properties: OnboardingStateProperties | None = None


class GroupingConfiguration(Shape, frozen=True, kw_only=True):
    enabled: bool
    lookback_duration: str
    matching_method: str
    reopen_closed_incident: bool
    group_by_entities: tuple[str, ...] | None = None
    group_by_alert_details: tuple[str, ...] | None = None
    group_by_custom_details: tuple[str, ...] | None = None


class IncidentConfiguration(Shape, frozen=True, kw_only=True):
    """The creation of incidents from a rule's alerts: on or off, and with which grouping."""

    create_incident: bool
    grouping_configuration: GroupingConfiguration | None = None


class EventGrouping(Shape, frozen=True, kw_only=True):
    aggregation_kind: str | None = None


class FieldMapping(Shape, frozen=True, kw_only=True):
    column_name: str | None = None
    identifier: str | None = None


class EntityMapping(Shape, frozen=True, kw_only=True):
    entity_type: str | None = None
    field_mappings: tuple[FieldMapping, ...] | None = None


class AlertRuleProperties(Shape, frozen=True, kw_only=True):
    """The members of all kinds of rules. Durations are ISO 8601 text. Queries belong to the customer and are never
    printed.
    """

    enabled: bool | None = None
    display_name: str | None = None
    description: str | None = None
    alert_rule_template_name: str | None = None
    last_modified_utc: Timestamp | None = None
    severity: str | None = None
    tactics: tuple[str, ...] | None = None
    techniques: tuple[str, ...] | None = None
    query: str | None = None
    query_frequency: str | None = None
    query_period: str | None = None
    trigger_operator: str | None = None
    trigger_threshold: int | None = None
    suppression_duration: str | None = None
    suppression_enabled: bool | None = None
    template_version: str | None = None
    custom_details: dict[str, str] | None = None
    entity_mappings: tuple[EntityMapping, ...] | None = None
    event_grouping_settings: EventGrouping | None = None
    incident_configuration: IncidentConfiguration | None = None
    alert_details_override: dict[str, Any] | None = None
    product_filter: str | None = None
    severities_filter: tuple[str, ...] | None = None
    display_names_filter: tuple[str, ...] | None = None
    display_names_exclude_filter: tuple[str, ...] | None = None


class AlertRule(Resource, frozen=True, kw_only=True):
    """An analytics rule. Stable api-versions show Scheduled, Fusion and MicrosoftSecurityIncidentCreation only."""

    kind: str
    properties: AlertRuleProperties

    def __post_init__(self) -> None:
        _require(self.kind, self.properties, ALERT_RULE_MEMBERS)


ALERT_RULE_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "Scheduled": ("enabled", "display_name", "suppression_duration", "suppression_enabled"),
    "MicrosoftSecurityIncidentCreation": ("enabled", "display_name", "product_filter"),
    "Fusion": (
        "enabled",
        "alert_rule_template_name",
    ),
}
"""The required members of each kind of rule."""


class DataConnectorProperties(Shape, frozen=True, kw_only=True):
    """The members of all kinds of connectors, without those that hold credentials (``auth``, ``request``)."""

    tenant_id: str | None = None
    subscription_id: str | None = None
    aws_role_arn: str | None = None
    data_types: dict[str, Any] | None = None
    connector_definition_name: str | None = None
    data_type: str | None = None
    is_active: bool | None = None


class DataConnector(Resource, frozen=True, kw_only=True):
    """A data connector. Many connectors are not resources of this kind, so an empty list is normal."""

    kind: str
    properties: DataConnectorProperties | None = None

    def __post_init__(self) -> None:
        _require(self.kind, self.properties or DataConnectorProperties(), DATA_CONNECTOR_MEMBERS)


DATA_CONNECTOR_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "AzureActiveDirectory": ("tenant_id",),
    "AzureAdvancedThreatProtection": ("tenant_id",),
    "MicrosoftDefenderAdvancedThreatProtection": ("tenant_id",),
    "MicrosoftCloudAppSecurity": ("tenant_id", "data_types"),
    "MicrosoftThreatIntelligence": ("tenant_id", "data_types"),
    "Office365": ("tenant_id", "data_types"),
    "PremiumMicrosoftDefenderForThreatIntelligence": ("tenant_id", "data_types"),
    "ThreatIntelligence": ("tenant_id", "data_types"),
    "AmazonWebServicesCloudTrail": ("data_types",),
    "RestApiPoller": ("connector_definition_name",),
}
"""The required members of each kind of connector."""


class AutomationRuleAction(Shape, frozen=True, kw_only=True):
    action_type: str
    order: int
    action_configuration: dict[str, Any] | None = None


class AutomationRuleCondition(Shape, frozen=True, kw_only=True):
    condition_type: str
    condition_properties: dict[str, Any] | None = None


class TriggeringLogic(Shape, frozen=True, kw_only=True):
    is_enabled: bool
    triggers_on: str
    triggers_when: str
    conditions: tuple[AutomationRuleCondition, ...] | None = None
    expiration_time_utc: Timestamp | None = None


class AutomationRuleProperties(Shape, frozen=True, kw_only=True):
    display_name: str
    order: int
    triggering_logic: TriggeringLogic
    actions: tuple[AutomationRuleAction, ...]
    created_by: ClientInfo | None = None
    created_time_utc: Timestamp | None = None
    last_modified_by: ClientInfo | None = None
    last_modified_time_utc: Timestamp | None = None


class AutomationRule(Resource, frozen=True, kw_only=True):
    """A rule for automatic actions on a new incident or alert."""

    properties: AutomationRuleProperties


class WatchlistProperties(Shape, frozen=True, kw_only=True):
    """A watchlist of the customer; its items are never requested."""

    display_name: str
    items_search_key: str
    provider: str
    watchlist_alias: str | None = None
    watchlist_id: str | None = None
    watchlist_type: str | None = None
    description: str | None = None
    source: str | None = None
    source_type: str | None = None
    content_type: str | None = None
    default_duration: str | None = None
    labels: tuple[str, ...] | None = None
    number_of_lines_to_skip: int | None = None
    provisioning_state: str | None = None
    upload_status: str | None = None
    is_deleted: bool | None = None
    tenant_id: str | None = None
    created: Timestamp | None = None
    created_by: UserInfo | None = None
    updated: Timestamp | None = None
    updated_by: UserInfo | None = None


class Watchlist(Resource, frozen=True, kw_only=True):
    properties: WatchlistProperties


class Metric(Shape, frozen=True, kw_only=True):
    metric_name: str | None = None
    metric_value: int | None = None


class ThreatIntelligenceMetricProperties(Shape, frozen=True, kw_only=True):
    last_updated_time_utc: str | None = None
    threat_type_metrics: tuple[Metric, ...] | None = None
    pattern_type_metrics: tuple[Metric, ...] | None = None
    source_metrics: tuple[Metric, ...] | None = None


class ThreatIntelligenceMetric(Shape, frozen=True, kw_only=True):
    properties: ThreatIntelligenceMetricProperties | None = None


class ThreatIntelligenceMetrics(Shape, frozen=True, kw_only=True):
    """The number of indicators by threat type, pattern type and source; on one page."""

    value: tuple[ThreatIntelligenceMetric, ...]


class MetadataSource(Shape, frozen=True, kw_only=True):
    kind: str
    name: str | None = None
    source_id: str | None = None


class MetadataSupport(Shape, frozen=True, kw_only=True):
    tier: str
    name: str | None = None
    email: str | None = None
    link: str | None = None


class MetadataProperties(Shape, frozen=True, kw_only=True):
    """The origin of a content item; ``parent_id`` is the ARM id of that item."""

    kind: str
    parent_id: str
    content_id: str | None = None
    version: str | None = None
    source: MetadataSource | None = None
    support: MetadataSupport | None = None
    content_schema_version: str | None = None
    custom_version: str | None = None
    author: dict[str, Any] | None = None
    categories: dict[str, Any] | None = None
    dependencies: dict[str, Any] | None = None
    providers: tuple[str, ...] | None = None
    icon: str | None = None
    preview_images: tuple[str, ...] | None = None
    preview_images_dark: tuple[str, ...] | None = None
    threat_analysis_tactics: tuple[str, ...] | None = None
    threat_analysis_techniques: tuple[str, ...] | None = None
    first_publish_date: str | None = None
    last_publish_date: str | None = None


class Metadata(Resource, frozen=True, kw_only=True):
    properties: MetadataProperties


class SettingProperties(Shape, frozen=True, kw_only=True):
    is_enabled: bool | None = None
    entity_providers: tuple[str, ...] | None = None
    data_sources: tuple[str, ...] | None = None


class Setting(Resource, frozen=True, kw_only=True):
    """A setting of the workspace: Anomalies, EyesOn, EntityAnalytics, Ueba. Preview api-versions only."""

    kind: str
    properties: SettingProperties | None = None
