"""Outlines of the real services' answers that others recorded or published, by operation: samples.json.

If the samples themselves exist beside the checkout, their outlines are computed again and must be equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.apis.endpoint import Endpoint
from tests.descriptions.outlines import outline

HERE = Path(__file__).parent
ORIGINALS = HERE.parents[2] / "shared" / "samples"
SAMPLES: Mapping[str, Mapping[str, Any]] = json.loads((HERE / "samples.json").read_text(encoding="utf-8"))
"""Endpoint name to ``of`` (their sources), ``keys`` (the outline of their bodies) and, of recordings, ``headers``."""
FILES: Mapping[str, tuple[str, ...]] = {
    "arm.subscription": ("arm_subscription_get",),
    "arm.subscriptions": ("arm_subscriptions_list",),
    "arm.resource_group": ("arm_resource_group_get",),
    "arm.workspace": ("arm_workspace_get",),
    "arm.permissions": ("arm_permissions_list",),
    "arm.role_assignments": ("arm_role_assignments_list",),
    "arm.role_definitions": ("arm_role_definitions_list",),
    "defender.alert": ("defender_alert_get",),
    "defender.alerts": ("defender_alerts_list",),
    "defender.machine": ("defender_machine_get",),
    "defender.machines": ("defender_machines_list",),
    "entra.openid_configuration": ("entra_openid_configuration",),
    "entra.instance_discovery": ("entra_instance_discovery",),
    "graph.alerts": ("graph_alerts_v2_list",),
    "graph.incident": ("graph_incident_get",),
    "graph.incidents": ("graph_incidents_list",),
    "graph.secure_scores": ("graph_secure_scores_list",),
    "log_analytics.query": (
        "loganalytics_query_post",
        "loganalytics_query_post_getschema",
        "loganalytics_query_post_partial_error",
        "loganalytics_query_post_with_statistics",
    ),
    "log_analytics.query_by_resource": ("loganalytics_query_post_resource_centric",),
    "sentinel.alert_rules": (
        "sentinel_alert_rules_list",
        "sentinel_alert_rule_get",
    ),
    "sentinel.automation_rules": ("sentinel_automation_rules_list",),
    "sentinel.data_connectors": ("sentinel_data_connectors_list",),
    "sentinel.incident_alerts": ("sentinel_incident_alerts_list",),
    "sentinel.incident_comments": (
        "sentinel_incident_comments_list",
        "sentinel_incident_comment_get",
    ),
    "sentinel.incident_entities": ("sentinel_incident_entities_list",),
    "sentinel.incident": ("sentinel_incident_get",),
    "sentinel.incidents": ("sentinel_incidents_list",),
    "sentinel.incident_relations": ("sentinel_incident_relations_list",),
    "sentinel.onboarding_state": ("sentinel_onboarding_states_list",),
    "sentinel.settings": (
        "sentinel_settings_list",
        "sentinel_setting_get",
    ),
}
"""Endpoint name to the names of its sample files."""


def outlined(endpoint: Endpoint[Any], samples: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the entry of samples.json for the samples of an operation."""
    samples = list(samples)
    recorded = [
        {name.lower() for name in sample["headers"]}
        for sample in samples
        if sample["provenance"]["kind"] == "recording"
    ]
    keys = outline(body for sample in samples for body in bodies(endpoint, sample["body"]))
    return {
        "of": sorted({f"{sample['provenance']['repo']} ({sample['provenance']['kind']})" for sample in samples}),
        "keys": {where: sorted(kinds) for where, kinds in keys.items()},
        "headers": {
            "always": sorted(set.intersection(*recorded)) if recorded else [],
            "sometimes": sorted(set.union(*recorded) - set.intersection(*recorded)) if recorded else [],
        },
    }


def bodies(endpoint: Endpoint[Any], body: Any) -> list[Any]:
    """Return the bodies of a sample in the form of the operation: a page of one resource, the resources of a page, or
    itself.
    """
    page = isinstance(body, dict) and isinstance(body.get("value"), list)
    if endpoint.paging and not page:
        return [{"value": [body]}]
    if page and endpoint.paging is None and body.keys() == {"value"} and endpoint.method == "GET":
        return list(body["value"])
    return [body]


def originals(name: str) -> list[Mapping[str, Any]]:
    """Return the samples of an operation; empty if the sample folder is missing."""
    paths = [path for file in FILES[name] for path in sorted(ORIGINALS.glob(f"{file}_[0-9][0-9].json"))]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]
