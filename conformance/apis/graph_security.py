"""The shapes of Microsoft Graph security: alerts with their evidence, incidents, secure scores.

A member is required if the service's own metadata says that it is never null. Enumerations are open strings:
members declared after ``unknownFutureValue`` are sent only for ``Prefer: include-unknown-enum-members``.

Source: https://learn.microsoft.com/graph/api/resources/security-api-overview and the v1.0 metadata of Graph.
"""

from __future__ import annotations

from typing import Any

import msgspec

from conformance.apis.shape import Shape, Timestamp


class AlertComment(Shape, frozen=True, kw_only=True):
    """A comment on an alert or an incident.

    In the metadata ``createdDateTime`` is never null, but the documented example of an incident has ``createdBy`` and
    ``createdTime`` instead, so none is required.
    """

    comment: str | None = None
    created_by_display_name: str | None = None
    created_date_time: Timestamp | None = None


class Evidence(Shape, frozen=True, kw_only=True):
    """A piece of evidence of an alert, with the members that all 48 kinds share.

    ``odata_type`` is the kind, such as ``#microsoft.graph.security.deviceEvidence``. ``mde_device_id``, in the kinds
    for a device, is the id of a machine in Defender for Endpoint.
    """

    odata_type: str = msgspec.field(name="@odata.type")
    created_date_time: Timestamp
    remediation_status: str
    verdict: str
    roles: list[str] | None = None
    detailed_roles: list[str] | None = None
    remediation_status_details: str | None = None
    tags: list[str] | None = None
    mde_device_id: str | None = None


class Alert(Shape, frozen=True, kw_only=True):
    """An alert (v2) of any Defender product, or of a Sentinel workspace connected to the Defender portal.

    ``incident_id`` is a string here and a number in Defender for Endpoint. ``service_source`` names the product.
    """

    id: str
    service_source: str
    severity: str
    status: str
    actor_display_name: str | None = None
    additional_data: dict[str, Any] | None = None
    alert_policy_id: str | None = None
    alert_web_url: str | None = None
    assigned_to: str | None = None
    categories: list[str] | None = None
    category: str | None = None
    classification: str | None = None
    comments: list[AlertComment] | None = None
    created_date_time: Timestamp | None = None
    custom_details: dict[str, Any] | None = None
    description: str | None = None
    detection_source: str | None = None
    detector_id: str | None = None
    determination: str | None = None
    evidence: list[Evidence] | None = None
    first_activity_date_time: Timestamp | None = None
    incident_id: str | None = None
    incident_web_url: str | None = None
    investigation_state: str | None = None
    last_activity_date_time: Timestamp | None = None
    last_update_date_time: Timestamp | None = None
    mitre_techniques: list[str] | None = None
    product_name: str | None = None
    provider_alert_id: str | None = None
    recommended_actions: str | None = None
    resolved_date_time: Timestamp | None = None
    system_tags: list[str] | None = None
    tenant_id: str | None = None
    threat_display_name: str | None = None
    threat_family_name: str | None = None
    title: str | None = None


class Incident(Shape, frozen=True, kw_only=True):
    """An incident. ``alerts`` is set only if they were expanded; ``redirect_incident_id`` if it was merged into another
    one.
    """

    id: str
    created_date_time: Timestamp
    last_update_date_time: Timestamp
    severity: str
    status: str
    alerts: list[Alert] | None = None
    assigned_to: str | None = None
    classification: str | None = None
    comments: list[AlertComment] | None = None
    custom_tags: list[str] | None = None
    description: str | None = None
    determination: str | None = None
    display_name: str | None = None
    incident_web_url: str | None = None
    last_modified_by: str | None = None
    priority_score: int | None = None
    redirect_incident_id: str | None = None
    resolving_comment: str | None = None
    summary: str | None = None
    system_tags: list[str] | None = None
    tenant_id: str | None = None


class VendorInformation(Shape, frozen=True, kw_only=True):
    """The product of a legacy alert or a score."""

    provider: str | None = None
    provider_version: str | None = None
    sub_provider: str | None = None
    vendor: str | None = None


class AverageComparativeScore(Shape, frozen=True, kw_only=True):
    """The average score of other tenants; ``basis`` such as AllTenants."""

    average_score: float | None = None
    basis: str | None = None


class ControlScore(Shape, frozen=True, kw_only=True):
    """The points for one security control."""

    control_category: str | None = None
    control_name: str | None = None
    description: str | None = None
    score: float | None = None


class SecureScore(Shape, frozen=True, kw_only=True):
    """The score of a tenant on one day; ``id`` is ``{tenant id}_{yyyy-MM-dd}``."""

    id: str
    azure_tenant_id: str
    active_user_count: int | None = None
    average_comparative_scores: list[AverageComparativeScore] | None = None
    control_scores: list[ControlScore] | None = None
    created_date_time: Timestamp | None = None
    current_score: float | None = None
    enabled_services: list[str] | None = None
    licensed_user_count: int | None = None
    max_score: float | None = None
    vendor_information: VendorInformation | None = None


class LegacyAlert(Shape, frozen=True, kw_only=True):
    """An alert of the retired route, without its lists of states; the values of its enumerations differ from v2."""

    id: str
    azure_tenant_id: str
    severity: str
    status: str
    activity_group_name: str | None = None
    assigned_to: str | None = None
    azure_subscription_id: str | None = None
    category: str | None = None
    closed_date_time: Timestamp | None = None
    comments: list[str] | None = None
    confidence: int | None = None
    created_date_time: Timestamp | None = None
    description: str | None = None
    detection_ids: list[str] | None = None
    event_date_time: Timestamp | None = None
    feedback: str | None = None
    incident_ids: list[str] | None = None
    last_event_date_time: Timestamp | None = None
    last_modified_date_time: Timestamp | None = None
    recommended_actions: list[str] | None = None
    source_materials: list[str] | None = None
    tags: list[str] | None = None
    title: str | None = None
    vendor_information: VendorInformation | None = None
