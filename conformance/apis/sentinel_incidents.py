"""The shapes of Sentinel's incidents and their parts: alerts, entities, bookmarks, comments, relations, tasks."""

from __future__ import annotations

from typing import Any

from conformance.apis.azure_resources import Resource
from conformance.apis.shape import Shape, Timestamp


class IncidentOwner(Shape, frozen=True, kw_only=True):
    assigned_to: str | None = None
    email: str | None = None
    object_id: str | None = None
    owner_type: str | None = None
    user_principal_name: str | None = None


class IncidentLabel(Shape, frozen=True, kw_only=True):
    label_name: str
    label_type: str | None = None


class IncidentAdditionalData(Shape, frozen=True, kw_only=True):
    """The counts of the parts of an incident. Techniques and merges exist only in preview api-versions."""

    alerts_count: int | None = None
    bookmarks_count: int | None = None
    comments_count: int | None = None
    alert_product_names: tuple[str, ...] | None = None
    tactics: tuple[str, ...] | None = None
    provider_incident_url: str | None = None


class IncidentProperties(Shape, frozen=True, kw_only=True):
    """The properties of an incident. ``severity`` is High, Medium, Low or Informational; ``status`` is New, Active or
    Closed; new values are possible.
    """

    title: str
    severity: str
    status: str
    incident_number: int | None = None
    description: str | None = None
    classification: str | None = None
    classification_comment: str | None = None
    classification_reason: str | None = None
    created_time_utc: Timestamp | None = None
    last_modified_time_utc: Timestamp | None = None
    first_activity_time_utc: Timestamp | None = None
    last_activity_time_utc: Timestamp | None = None
    owner: IncidentOwner | None = None
    labels: tuple[IncidentLabel, ...] | None = None
    additional_data: IncidentAdditionalData | None = None
    related_analytic_rule_ids: tuple[str, ...] | None = None
    incident_url: str | None = None
    provider_name: str | None = None
    provider_incident_id: str | None = None


class Incident(Resource, frozen=True, kw_only=True):
    """An incident. Its ``name`` is a GUID, which is IncidentName in the SecurityIncident table."""

    properties: IncidentProperties

    @property
    def alerts_count(self) -> int:
        """Return the number of alerts by the incident's own count; 0 without a count."""
        data = self.properties.additional_data
        return (data.alerts_count or 0) if data else 0


class ConfidenceReason(Shape, frozen=True, kw_only=True):
    reason: str | None = None
    reason_type: str | None = None


class SecurityAlertProperties(Shape, frozen=True, kw_only=True):
    """An alert; ``system_alert_id`` is SystemAlertId in the SecurityAlert table."""

    system_alert_id: str | None = None
    alert_display_name: str | None = None
    alert_type: str | None = None
    alert_link: str | None = None
    friendly_name: str | None = None
    description: str | None = None
    severity: str | None = None
    status: str | None = None
    intent: str | None = None
    tactics: tuple[str, ...] | None = None
    compromised_entity: str | None = None
    confidence_level: str | None = None
    confidence_reasons: tuple[ConfidenceReason, ...] | None = None
    confidence_score: float | None = None
    confidence_score_status: str | None = None
    start_time_utc: Timestamp | None = None
    end_time_utc: Timestamp | None = None
    time_generated: Timestamp | None = None
    processing_end_time: Timestamp | None = None
    vendor_name: str | None = None
    product_name: str | None = None
    product_component_name: str | None = None
    product_version: str | None = None
    provider_alert_id: str | None = None
    remediation_steps: tuple[str, ...] | None = None
    resource_identifiers: tuple[Any, ...] | None = None
    additional_data: dict[str, Any] | None = None


class SecurityAlert(Resource, frozen=True, kw_only=True):
    """An alert of an incident: an entity of kind SecurityAlert."""

    kind: str
    properties: SecurityAlertProperties | None = None


class IncidentAlerts(Shape, frozen=True, kw_only=True):
    """All alerts of an incident (at most 150), on one page."""

    value: tuple[SecurityAlert, ...]


class Entity(Resource, frozen=True, kw_only=True):
    """An entity of an incident. Its properties depend on ``kind``: Account, Host, Ip, File, Url, ..."""

    kind: str
    properties: dict[str, Any] | None = None


class EntityCount(Shape, frozen=True, kw_only=True):
    entity_kind: str
    count: int


class IncidentEntities(Shape, frozen=True, kw_only=True):
    """All entities of an incident, and their number by kind."""

    entities: tuple[Entity, ...] | None = None
    meta_data: tuple[EntityCount, ...] | None = None


class UserInfo(Shape, frozen=True, kw_only=True):
    email: str | None = None
    name: str | None = None
    object_id: str | None = None


class ClientInfo(UserInfo, frozen=True, kw_only=True):
    user_principal_name: str | None = None


class BookmarkIncident(Shape, frozen=True, kw_only=True):
    """The incident that a bookmark was promoted to."""

    incident_id: str | None = None
    relation_name: str | None = None
    severity: str | None = None
    title: str | None = None


class BookmarkProperties(Shape, frozen=True, kw_only=True):
    """A bookmark: query results saved by a hunter."""

    display_name: str
    query: str
    created: Timestamp | None = None
    created_by: UserInfo | None = None
    updated: Timestamp | None = None
    updated_by: UserInfo | None = None
    event_time: Timestamp | None = None
    incident_info: BookmarkIncident | None = None
    labels: tuple[str, ...] | None = None
    notes: str | None = None
    query_result: str | None = None


class WorkspaceBookmarkProperties(BookmarkProperties, frozen=True, kw_only=True):
    query_start_time: Timestamp | None = None
    query_end_time: Timestamp | None = None


class Bookmark(Resource, frozen=True, kw_only=True):
    """A bookmark of the workspace."""

    properties: WorkspaceBookmarkProperties


class IncidentBookmarkProperties(BookmarkProperties, frozen=True, kw_only=True):
    friendly_name: str | None = None
    additional_data: dict[str, Any] | None = None


class IncidentBookmark(Resource, frozen=True, kw_only=True):
    """A bookmark of an incident: an entity of kind Bookmark."""

    kind: str
    properties: IncidentBookmarkProperties | None = None


class IncidentBookmarks(Shape, frozen=True, kw_only=True):
    """All bookmarks of an incident (at most 20), on one page."""

    value: tuple[IncidentBookmark, ...]


class IncidentCommentProperties(Shape, frozen=True, kw_only=True):
    message: str
    author: ClientInfo | None = None
    created_time_utc: Timestamp | None = None
    last_modified_time_utc: Timestamp | None = None


class IncidentComment(Resource, frozen=True, kw_only=True):
    """A comment on an incident."""

    properties: IncidentCommentProperties


class IncidentRelationProperties(Shape, frozen=True, kw_only=True):
    related_resource_id: str
    related_resource_kind: str | None = None
    related_resource_name: str | None = None
    related_resource_type: str | None = None


class IncidentRelation(Resource, frozen=True, kw_only=True):
    """A relation of an incident to a bookmark or an entity."""

    properties: IncidentRelationProperties


class IncidentTaskProperties(Shape, frozen=True, kw_only=True):
    title: str
    status: str
    description: str | None = None
    created_by: ClientInfo | None = None
    created_time_utc: Timestamp | None = None
    last_modified_by: ClientInfo | None = None
    last_modified_time_utc: Timestamp | None = None


class IncidentTask(Resource, frozen=True, kw_only=True):
    """A task on an incident. Workspaces connected to the Defender portal have none."""

    properties: IncidentTaskProperties
