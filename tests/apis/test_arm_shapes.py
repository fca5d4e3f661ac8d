from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import arm, gather
from conformance.apis.endpoint import Action, Endpoint
from tests.apis.azure_samples import assert_only_own_path, decode, having, sample_params, without

DECLARED = list(gather(arm).values())

ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/ws"
WORKSPACE = {
    "id": ID,
    "name": "ws",
    "type": "Microsoft.OperationalInsights/workspaces",
    "location": "westeurope",
    "properties": {
        "customerId": "64c9dc12-791f-4959-bf46-109990b3017d",
        "provisioningState": "Succeeded",
        "sku": {"name": "PerGB2018"},
        "retentionInDays": 90,
        "features": {"associations": ["Sentinel"], "enableLogAccessUsingOnlyResourcePermissions": True},
        "workspaceCapping": {"dailyQuotaGb": -1.0, "dataIngestionStatus": "RespectQuota"},
        "publicNetworkAccessForQuery": "Enabled",
    },
}


def test_recorded_answers_have_the_shape(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(
        arm_subscription_get=arm.SUBSCRIPTION,
        arm_subscriptions_list=arm.SUBSCRIPTIONS,
        arm_resource_group_get=arm.RESOURCE_GROUP,
        arm_workspace_get=arm.WORKSPACE,
        arm_workspace_create=arm.WORKSPACE,
        arm_permissions_list=arm.PERMISSIONS,
        arm_role_assignments_list=arm.ROLE_ASSIGNMENTS,
        arm_role_definitions_list=arm.ROLE_DEFINITIONS,
    ):
        with subtests.test(endpoint=endpoint.name, body=body):
            decode(body, endpoint)


@pytest.mark.parametrize("endpoint", DECLARED, ids=lambda endpoint: endpoint.name)
@given(data=st.data())
def test_pattern_knows_its_own_path_and_no_other(endpoint: Any, data: st.DataObject) -> None:
    assert_only_own_path(endpoint, data)


def test_every_operation_only_reads_and_names_its_version(subtests: pytest.Subtests) -> None:
    for endpoint in DECLARED:
        with subtests.test(endpoint=endpoint.name):
            assert endpoint.method == "GET"
            assert endpoint.api_version
            if endpoint is not arm.SUBSCRIPTIONS:
                assert isinstance(endpoint.needs, Action)
                assert endpoint.needs.name.endswith("/read")


def test_workspace_is_read() -> None:
    properties = decode(WORKSPACE, arm.WORKSPACE).properties
    assert properties.customer_id == "64c9dc12-791f-4959-bf46-109990b3017d"
    assert properties.features.associations == ("Sentinel",)
    assert properties.features.enable_log_access_using_only_resource_permissions is True
    assert properties.workspace_capping.daily_quota_gb == -1
    assert properties.public_network_access_for_query == "Enabled"
    assert properties.retention_in_days == 90


@pytest.mark.parametrize("path", [["id"], ["name"], ["location"], ["properties"], ["properties", "customerId"]])
def test_workspace_without_a_required_member_is_refused(path: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"`{path[-1]}`"):
        decode(without(WORKSPACE, path), arm.WORKSPACE)


def test_mistyped_member_is_refused_with_its_path() -> None:
    spoilt = having(WORKSPACE, ["properties", "workspaceCapping", "dailyQuotaGb"], "none")
    with pytest.raises(msgspec.ValidationError, match=r"\$\.properties\.workspaceCapping\.dailyQuotaGb"):
        decode(spoilt, arm.WORKSPACE)
    with pytest.raises(msgspec.ValidationError, match=r"\$\.value\[1\]\.properties\.customerId"):
        decode({"value": [WORKSPACE, having(WORKSPACE, ["properties", "customerId"], 7)]}, arm.WORKSPACES)


def test_new_members_and_nulls_are_accepted(subtests: pytest.Subtests) -> None:
    for path, value in [
        (["brandNew"], {"x": 1}),
        (["properties", "provisioningState"], "Pondering"),
        (["properties", "publicNetworkAccessForQuery"], "OnTuesdays"),
        (["properties", "features", "associations"], ["Sentinel", "SomethingNew"]),
        (["properties", "features", "associations"], None),
        (["properties", "features", "dataAuthorizationMode"], "DataActionsOnly"),
        (["properties", "features", "dataAuthorizationMode"], True),
        (["properties", "retentionInDays"], None),
    ]:
        with subtests.test(path=path, value=value):
            decode(having(WORKSPACE, path, value), arm.WORKSPACE)


def test_unread_members_may_be_left_out(subtests: pytest.Subtests) -> None:
    """No published description requires these members, and no check reads them."""
    common = {"id": "/x", "name": "x", "type": "x"}
    subscription = {"id": "/x", "subscriptionId": "x", "displayName": "x", "state": "Enabled"}
    cases: list[tuple[Any, Endpoint[Any]]] = [
        (without(WORKSPACE, ["properties", "sku", "name"]), arm.WORKSPACE),
        ({**subscription, "managedByTenants": [{}]}, arm.SUBSCRIPTION),
        ({"value": [{**common, "properties": {}}]}, arm.DENY_ASSIGNMENTS),
        ({"value": [{**common, "properties": {"roleName": "x", "permissions": []}}]}, arm.ROLE_DEFINITIONS),
    ]
    for body, endpoint in cases:
        with subtests.test(endpoint=endpoint.name):
            decode(body, endpoint)


def test_permissions_leave_out_empty_members() -> None:
    (grant,) = decode({"value": [{"actions": ["*/read"]}], "nextLink": None}, arm.PERMISSIONS).value
    assert grant == arm.Permissions(actions=("*/read",), not_actions=(), data_actions=(), not_data_actions=())


def test_an_empty_list_of_subscriptions_is_valid() -> None:
    assert decode({"value": []}, arm.SUBSCRIPTIONS).value == []


def test_plan_and_protection_of_a_table_are_read() -> None:
    body = {"id": ID + "/tables/T", "name": "T", "properties": {"plan": "Basic", "protectionLevel": "Protected"}}
    properties = decode(body, arm.TABLE).properties
    assert (properties.plan, properties.protection_level) == ("Basic", "Protected")
