from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import ENDPOINTS, gather, sentinel
from conformance.apis.endpoint import Action
from tests.apis.azure_samples import assert_only_own_path, decode, having, sample_params, without

DECLARED = list(gather(sentinel).values())


def resource(properties: Any, **more: Any) -> Any:
    return {"id": "/x/y", "name": "y", "type": "Microsoft.SecurityInsights/Things", "properties": properties, **more}


INCIDENT = resource(
    {
        "title": "Sign-in from rare country",
        "severity": "Medium",
        "status": "New",
        "createdTimeUtc": "2026-11-20T09:31:02.1234567Z",
        "owner": {"objectId": None, "email": None},
        "labels": [{"labelName": "vip", "labelType": "User"}],
        "incidentNumber": 4711,
        "additionalData": {"alertsCount": 2, "tactics": ["InitialAccess"]},
    }
)
SCHEDULED = resource(
    {"enabled": True, "displayName": "R", "suppressionDuration": "PT5H", "suppressionEnabled": False},
    kind="Scheduled",
)
OFFICE = resource({"tenantId": "t", "dataTypes": {"exchange": {"state": "Enabled"}}}, kind="Office365")
AUTOMATION = resource(
    {
        "displayName": "A",
        "order": 1,
        "triggeringLogic": {"isEnabled": True, "triggersOn": "Incidents", "triggersWhen": "Created"},
        "actions": [{"order": 1, "actionType": "RunPlaybook", "actionConfiguration": {"tenantId": "t"}}],
    }
)
WATCHLIST = resource({"displayName": "W", "provider": "Microsoft", "itemsSearchKey": "Ip"})
BOOKMARK = resource({"displayName": "B", "query": "Heartbeat", "created": "2026-11-20T09:31:02Z"})
COMMENT = resource({"message": "m", "author": {"name": "n"}})
RELATION = resource({"relatedResourceId": "/x/z"})
TASK = resource({"title": "t", "status": "New"})
METADATA = resource(
    {"kind": "Solution", "parentId": "/x", "source": {"kind": "Solution"}, "support": {"tier": "Partner"}}
)
ALERT = resource({"systemAlertId": "a", "confidenceScore": 1, "severity": "Low"}, kind="SecurityAlert")
ENTITY = resource({"accountName": "administrator"}, kind="Account")
METRICS = {"value": [{"properties": {"sourceMetrics": [{"metricName": "s", "metricValue": 3}]}}]}


def page(*items: Any) -> Any:
    return {"value": list(items)}


ANSWERS = [
    (sentinel.ONBOARDING_STATE, resource({"customerManagedKey": False}, name="default")),
    (sentinel.INCIDENTS, page(INCIDENT)),
    (sentinel.INCIDENT, INCIDENT),
    (sentinel.INCIDENT_ALERTS, page(ALERT)),
    (sentinel.INCIDENT_ENTITIES, {"entities": [ENTITY], "metaData": [{"entityKind": "Account", "count": 1}]}),
    (sentinel.INCIDENT_BOOKMARKS, page({**BOOKMARK, "kind": "Bookmark"})),
    (sentinel.INCIDENT_COMMENTS, page(COMMENT)),
    (sentinel.INCIDENT_RELATIONS, page(RELATION)),
    (sentinel.INCIDENT_TASKS, page(TASK)),
    (sentinel.ALERT_RULES, page(SCHEDULED)),
    (sentinel.DATA_CONNECTORS, page(OFFICE)),
    (sentinel.AUTOMATION_RULES, page(AUTOMATION)),
    (sentinel.WATCHLISTS, page(WATCHLIST)),
    (sentinel.BOOKMARKS, page(BOOKMARK)),
    (sentinel.THREAT_INTELLIGENCE_METRICS, METRICS),
    (sentinel.METADATA, page(METADATA)),
    (sentinel.SETTINGS, page(resource({"isEnabled": True}, kind="Anomalies"))),
]


def with_ids(cases: Any) -> Any:
    return pytest.mark.parametrize(("endpoint", "body"), [pytest.param(*case, id=case[0].name) for case in cases])


def test_recorded_answers_have_the_shape(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(
        sentinel_incidents_list=sentinel.INCIDENTS,
        sentinel_incident_get=sentinel.INCIDENT,
        sentinel_incident_create=sentinel.INCIDENT,
        sentinel_incident_alerts_list=sentinel.INCIDENT_ALERTS,
        sentinel_incident_entities_list=sentinel.INCIDENT_ENTITIES,
        sentinel_incident_comments_list=sentinel.INCIDENT_COMMENTS,
        sentinel_incident_relations_list=sentinel.INCIDENT_RELATIONS,
        sentinel_alert_rules_list=sentinel.ALERT_RULES,
        sentinel_data_connectors_list=sentinel.DATA_CONNECTORS,
        sentinel_automation_rules_list=sentinel.AUTOMATION_RULES,
        sentinel_settings_list=sentinel.SETTINGS,
    ):
        with subtests.test(endpoint=endpoint.name, body=body):
            decode(body, endpoint)


def test_recorded_single_resources_have_the_shape_of_a_list_item(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(
        sentinel_alert_rule_get=sentinel.ALERT_RULES,
        sentinel_incident_comment_get=sentinel.INCIDENT_COMMENTS,
        sentinel_setting_get=sentinel.SETTINGS,
    ):
        with subtests.test(endpoint=endpoint.name, body=body):
            decode(page(body), endpoint)


def test_recorded_onboarding_states_have_the_shape(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(sentinel_onboarding_states_list=sentinel.ONBOARDING_STATE):
        with subtests.test(endpoint=endpoint.name, body=body):
            for state in body["value"]:
                assert decode(state, endpoint).name == "default"


def test_every_operation_has_a_test_answer() -> None:
    assert [endpoint for endpoint, _ in ANSWERS] == DECLARED


@with_ids(ANSWERS)
def test_documented_answer_is_read(endpoint: Any, body: Any) -> None:
    decode(body, endpoint)


@pytest.mark.parametrize("endpoint", DECLARED, ids=lambda endpoint: endpoint.name)
@given(data=st.data())
def test_pattern_knows_its_own_path_and_no_other(endpoint: Any, data: st.DataObject) -> None:
    assert_only_own_path(endpoint, data)


def test_the_alert_count_of_an_incident_is_read() -> None:
    assert decode(INCIDENT, sentinel.INCIDENT).alerts_count == 2
    assert decode(without(INCIDENT, ["properties", "additionalData"]), sentinel.INCIDENT).alerts_count == 0
    assert decode(having(INCIDENT, ["properties", "additionalData"], {}), sentinel.INCIDENT).alerts_count == 0


def test_missing_required_member_is_refused_with_its_place(subtests: pytest.Subtests) -> None:
    for endpoint, body, path in [
        (sentinel.INCIDENT, INCIDENT, ["name"]),
        (sentinel.INCIDENT, INCIDENT, ["properties"]),
        (sentinel.INCIDENT, INCIDENT, ["properties", "title"]),
        (sentinel.INCIDENT, INCIDENT, ["properties", "severity"]),
        (sentinel.INCIDENT, INCIDENT, ["properties", "status"]),
        (sentinel.INCIDENT, INCIDENT, ["properties", "labels", 0, "labelName"]),
        (sentinel.INCIDENT_ALERTS, page(ALERT), ["value"]),
        (sentinel.INCIDENT_ALERTS, page(ALERT), ["value", 0, "kind"]),
        (sentinel.INCIDENT_COMMENTS, page(COMMENT), ["value", 0, "properties", "message"]),
        (sentinel.INCIDENT_RELATIONS, page(RELATION), ["value", 0, "properties", "relatedResourceId"]),
        (sentinel.INCIDENT_TASKS, page(TASK), ["value", 0, "properties", "status"]),
        (sentinel.BOOKMARKS, page(BOOKMARK), ["value", 0, "properties", "query"]),
        (sentinel.ALERT_RULES, page(SCHEDULED), ["value", 0, "kind"]),
        (sentinel.ALERT_RULES, page(SCHEDULED), ["value", 0, "properties", "enabled"]),
        (sentinel.ALERT_RULES, page(SCHEDULED), ["value", 0, "properties", "displayName"]),
        (sentinel.ALERT_RULES, page(SCHEDULED), ["value", 0, "properties", "suppressionDuration"]),
        (sentinel.DATA_CONNECTORS, page(OFFICE), ["value", 0, "properties", "tenantId"]),
        (sentinel.DATA_CONNECTORS, page(OFFICE), ["value", 0, "properties", "dataTypes"]),
        (sentinel.AUTOMATION_RULES, page(AUTOMATION), ["value", 0, "properties", "triggeringLogic", "triggersOn"]),
        (sentinel.AUTOMATION_RULES, page(AUTOMATION), ["value", 0, "properties", "actions", 0, "actionType"]),
        (sentinel.WATCHLISTS, page(WATCHLIST), ["value", 0, "properties", "itemsSearchKey"]),
        (sentinel.METADATA, page(METADATA), ["value", 0, "properties", "parentId"]),
    ]:
        with subtests.test(endpoint=endpoint, body=body):
            with pytest.raises(msgspec.ValidationError, match=f"`{path[-1]}`") as refused:
                decode(without(body, path), endpoint)
            if path[0] == "value" and len(path) > 1:
                assert "$.value[...]" in str(refused.value) or "$.value[0]" in str(refused.value)


def test_mistyped_member_is_refused_with_its_path(subtests: pytest.Subtests) -> None:
    for path, value, place in [  # type: ignore[var-annotated]
        (["properties", "incidentNumber"], "4711", "$.properties.incidentNumber"),
        (["properties", "createdTimeUtc"], "last week", "$.properties.createdTimeUtc"),
        (["properties", "additionalData", "alertsCount"], "150+", "$.properties.additionalData.alertsCount"),
        (["properties", "severity"], None, "$.properties.severity"),
        (["properties", "labels"], {}, "$.properties.labels"),
        (["properties"], [], "$.properties"),
    ]:
        with subtests.test(path=path, value=value):
            with pytest.raises(msgspec.ValidationError) as refused:
                decode(having(INCIDENT, path, value), sentinel.INCIDENT)
            assert f"`{place}`" in str(refused.value)


@given(value=st.text())
@pytest.mark.parametrize("member", ["severity", "status", "classification", "providerName"])
def test_unknown_values_are_accepted(member: Any, value: Any) -> None:
    decode(having(INCIDENT, ["properties", member], value), sentinel.INCIDENT)


@with_ids(ANSWERS)
def test_extra_members_are_accepted_at_any_depth(endpoint: Any, body: Any) -> None:
    body = having(body, ["brandNew"], {"x": [1]})
    if "value" in body:
        body = having(body, ["value", 0, "brandNew"], 1)
        body = having(body, ["value", 0, "properties", "brandNew"], 1)
    decode(body, endpoint)


@pytest.mark.parametrize("end", [{}, {"nextLink": None}, {"nextLink": ""}])
def test_last_page_ends_in_any_of_three_ways(end: Any) -> None:
    assert not decode({**page(INCIDENT), **end}, sentinel.INCIDENTS).next_link


def test_rules_of_new_kinds_are_accepted() -> None:
    nrt, unheard_of = decode(
        page(resource({"enabled": False}, kind="NRT"), resource({}, kind="UnheardOf")), sentinel.ALERT_RULES
    ).value
    assert (nrt.kind, nrt.properties.enabled) == ("NRT", False)
    assert (unheard_of.kind, unheard_of.properties.enabled) == ("UnheardOf", None)


def test_rules_written_by_hand_have_nulls() -> None:
    properties = {**SCHEDULED["properties"], "tactics": None, "entityMappings": None, "customDetails": None}
    decode(page({**SCHEDULED, "properties": properties}), sentinel.ALERT_RULES)


def test_connectors_credentials_are_not_read() -> None:
    poller = resource(
        {"connectorDefinitionName": "d", "auth": {"type": "APIKey", "apiKey": "hush"}}, kind="RestApiPoller"
    )
    assert "hush" not in repr(decode(page(poller), sentinel.DATA_CONNECTORS))


def test_posts_only_read_and_have_no_published_action() -> None:
    posts = [endpoint for endpoint in DECLARED if endpoint.method == "POST"]
    assert [post.name for post in posts] == [
        "sentinel.incident_alerts",
        "sentinel.incident_entities",
        "sentinel.incident_bookmarks",
    ]
    assert all(post.needs is not None and not post.needs.published for post in posts)


def test_gets_need_a_published_read_action_of_the_provider() -> None:
    for endpoint in DECLARED:
        if endpoint.method == "GET":
            assert isinstance(endpoint.needs, Action)
            assert endpoint.needs.published
            assert endpoint.needs.name.startswith("Microsoft.SecurityInsights/")
            assert endpoint.needs.name.endswith("/read")


def test_only_settings_use_a_preview_version() -> None:
    assert [endpoint.name for endpoint in DECLARED if endpoint.api_version != sentinel.STABLE] == ["sentinel.settings"]


def test_incidents_come_at_most_a_thousand_at_a_time() -> None:
    ask = sentinel.INCIDENTS.ask(top=5, orderby="properties/createdTimeUtc desc")
    assert sentinel.INCIDENTS.max_top == 1000
    assert ask.query == {"$top": "5", "$orderby": "properties/createdTimeUtc desc"}


def test_endpoints_are_gathered_by_name() -> None:
    assert {endpoint.name: endpoint for endpoint in DECLARED}.items() <= ENDPOINTS.items()
    assert {name.split(".")[0] for name in ENDPOINTS} == {
        "entra",
        "managed_identity",
        "arm",
        "log_analytics",
        "sentinel",
        "graph",
        "defender",
    }


def test_two_endpoints_of_one_name_are_refused() -> None:
    module = ModuleType("again")
    module.INCIDENTS = sentinel.INCIDENTS
    with pytest.raises(ValueError, match=r"sentinel\.incidents"):
        gather(sentinel, module)
