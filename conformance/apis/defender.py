"""Defender for Endpoint: machines and alerts.

The audience of its token is https://api.securitycenter.microsoft.com for every host, and its app roles are those of the
resource WindowsDefenderATP. The documentation does not call any member required, and a missing value of a device or an
alert is left out or null. So only ``id`` is required, which identifies each in requests. Enumerations are open strings,
in Pascal case (in Graph: camel case).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from conformance.apis.endpoint import DEFENDER, AppRole, Endpoint
from conformance.apis.odata import options
from conformance.apis.shape import ODataList, Shape, Timestamp

DOCS = "https://learn.microsoft.com/defender-endpoint/api/"
MAX_TOP = 10_000
READ_MACHINES = AppRole("Machine.Read.All", also=("Machine.ReadWrite.All",))
READ_ALERTS = AppRole("Alert.Read.All", also=("Alert.ReadWrite.All",))

# Message MC1220762 ends "MDE and XDR APIs" on this day, but only the pages of advanced hunting repeat it: whether
# machines and alerts end too is not stated. So it is a reason for a warning, never for a failure.
RETIRES = date(2027, 2, 1)


class IpAddress(Shape, frozen=True, kw_only=True):
    """An address of a machine's network card. ``mac_address`` has no separators."""

    ip_address: str | None = None
    mac_address: str | None = None
    operational_status: str | None = None
    type: str | None = None


class Machine(Shape, frozen=True, kw_only=True):
    """A device. ``id`` (40 hexadecimal digits) is ``mdeDeviceId`` in Graph's evidence.

    ``rbac_group_id`` is documented as text but sent as a number.
    """

    id: str
    aad_device_id: str | None = None
    agent_version: str | None = None
    computer_dns_name: str | None = None
    device_value: str | None = None
    exclusion_reason: str | None = None
    exposure_level: str | None = None
    first_seen: Timestamp | None = None
    health_status: str | None = None
    ip_addresses: list[IpAddress] | None = None
    is_aad_joined: bool | None = None
    is_excluded: bool | None = None
    is_potential_duplication: bool | None = None
    last_external_ip_address: str | None = None
    last_ip_address: str | None = None
    last_seen: Timestamp | None = None
    machine_tags: list[str] | None = None
    managed_by: str | None = None
    managed_by_status: str | None = None
    merged_into_machine_id: str | None = None
    onboarding_status: str | None = None
    os_architecture: str | None = None
    os_build: int | None = None
    os_platform: str | None = None
    os_processor: str | None = None
    os_version: str | None = None
    rbac_group_id: int | str | None = None
    rbac_group_name: str | None = None
    risk_score: str | None = None
    version: str | None = None
    vm_metadata: dict[str, Any] | None = None


class RelatedUser(Shape, frozen=True, kw_only=True):
    """The account of an alert."""

    domain_name: str | None = None
    user_name: str | None = None


class AlertComment(Shape, frozen=True, kw_only=True):
    """A comment on an alert."""

    comment: str | None = None
    created_by: str | None = None
    created_time: Timestamp | None = None


class Evidence(Shape, frozen=True, kw_only=True):
    """A piece of evidence of an alert. All kinds have the same members, null if they do not apply."""

    aad_user_id: str | None = None
    account_name: str | None = None
    detection_status: str | None = None
    domain_name: str | None = None
    entity_type: str | None = None
    evidence_creation_time: Timestamp | None = None
    file_name: str | None = None
    file_path: str | None = None
    ip_address: str | None = None
    parent_process_creation_time: Timestamp | None = None
    parent_process_file_name: str | None = None
    parent_process_file_path: str | None = None
    parent_process_id: int | None = None
    process_command_line: str | None = None
    process_creation_time: Timestamp | None = None
    process_id: int | None = None
    registry_hive: str | None = None
    registry_key: str | None = None
    registry_value: str | None = None
    registry_value_type: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    url: str | None = None
    user_principal_name: str | None = None
    user_sid: str | None = None


class Alert(Shape, frozen=True, kw_only=True):
    """An alert. ``incident_id`` is a number here and text in Graph; values that are not classified are null.

    ``evidence`` is empty in a list unless it was expanded.
    """

    id: str
    aad_tenant_id: str | None = None
    alert_creation_time: Timestamp | None = None
    assigned_to: str | None = None
    category: str | None = None
    classification: str | None = None
    comments: list[AlertComment] | None = None
    computer_dns_name: str | None = None
    description: str | None = None
    detection_source: str | None = None
    detector_id: str | None = None
    determination: str | None = None
    evidence: list[Evidence] | None = None
    first_event_time: Timestamp | None = None
    incident_id: int | None = None
    investigation_id: int | None = None
    investigation_state: str | None = None
    last_event_time: Timestamp | None = None
    last_update_time: Timestamp | None = None
    machine_id: str | None = None
    mitre_techniques: list[str] | None = None
    rbac_group_name: str | None = None
    related_user: RelatedUser | None = None
    resolved_time: Timestamp | None = None
    severity: str | None = None
    status: str | None = None
    threat_family_name: str | None = None
    threat_name: str | None = None
    title: str | None = None


# Without a recent machine the documented answer is 404; an empty page is as plausible.
# Lists with an explicit $top have no next link: the next page is requested by $skip.
MACHINES = Endpoint(
    name="defender.machines",
    api=DEFENDER,
    method="GET",
    path="/api/machines",
    answers=ODataList[Machine],
    source=DOCS + "get-machines",
    needs=READ_MACHINES,
    query=options("filter", "skip", "top"),
    paging="@odata.nextLink",
    retires=RETIRES,
    max_top=MAX_TOP,
)

MACHINE = Endpoint(
    name="defender.machine",
    api=DEFENDER,
    method="GET",
    path="/api/machines/{machine}",
    answers=Machine,
    source=DOCS + "get-machine-by-id",
    needs=READ_MACHINES,
    retires=RETIRES,
)

ALERTS = Endpoint(
    name="defender.alerts",
    api=DEFENDER,
    method="GET",
    path="/api/alerts",
    answers=ODataList[Alert],
    source=DOCS + "get-alerts",
    needs=READ_ALERTS,
    query=options("expand", "filter", "skip", "top"),
    paging="@odata.nextLink",
    retires=RETIRES,
    max_top=MAX_TOP,
)

ALERT = Endpoint(
    name="defender.alert",
    api=DEFENDER,
    method="GET",
    path="/api/alerts/{alert}",
    answers=Alert,
    source=DOCS + "get-alert-info-by-id",
    needs=READ_ALERTS,
    retires=RETIRES,
)
