from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.apis import defender, gather, graph
from conformance.apis.endpoint import AppRole, Endpoint
from tests.apis.azure_samples import assert_only_own_path, decode, having, sample_params
from tests.apis.refusals import assert_mistyped, assert_required

DECLARED = list(gather(defender).values())

MACHINE = {
    "id": "0123456789abcdef0123456789abcdef01234567",
    "computerDnsName": "host1.example.test",
    "firstSeen": "2026-01-02T03:04:05.1234567Z",
    "lastSeen": "2026-11-23T06:07:08Z",
    "osBuild": 22631,
    "healthStatus": "Active",
    "onboardingStatus": "Onboarded",
    "rbacGroupId": 0,
    "riskScore": None,
    "machineTags": [],
    "ipAddresses": [{"ipAddress": "10.0.0.5", "macAddress": "00155D000001", "operationalStatus": "Up"}],
}
ALERT = {
    "id": "da000000000000000001_-100000001",
    "incidentId": 4711,
    "investigationId": None,
    "severity": "Low",
    "status": "New",
    "classification": None,
    "alertCreationTime": "2026-11-22T08:00:00.1234567Z",
    "relatedUser": {"userName": "u", "domainName": "D"},
    "comments": [{"comment": "seen", "createdBy": "u@example.test", "createdTime": "2026-11-22T08:06:00Z"}],
    "evidence": [{"entityType": "Process", "processId": 3276, "evidenceCreationTime": "2026-11-22T08:00:01.42Z"}],
}


def test_recorded_answers_have_the_shape(subtests: pytest.Subtests) -> None:
    for body, endpoint in sample_params(
        defender_machines_list=defender.MACHINES,
        defender_machine_get=defender.MACHINE,
        defender_alerts_list=defender.ALERTS,
        defender_alert_get=defender.ALERT,
    ):
        with subtests.test(endpoint=endpoint.name, body=body):
            decode(body, endpoint)


@pytest.mark.parametrize("endpoint", DECLARED, ids=lambda endpoint: endpoint.name)
@given(data=st.data())
def test_pattern_knows_its_own_path_and_no_other(endpoint: Any, data: st.DataObject) -> None:
    assert_only_own_path(endpoint, data)


@pytest.mark.parametrize("endpoint", DECLARED, ids=lambda endpoint: endpoint.name)
def test_every_operation_only_reads_with_an_app_role_and_names_its_end(endpoint: Any) -> None:
    assert endpoint.method == "GET"
    assert endpoint.path.startswith("/api/")
    assert isinstance(endpoint.needs, AppRole)
    assert endpoint.needs.name.endswith(".Read.All")
    assert endpoint.retires == date(2027, 2, 1)


@pytest.mark.parametrize("endpoint", [defender.MACHINES, defender.ALERTS], ids=lambda endpoint: endpoint.name)
def test_lists_take_pages_of_at_most_ten_thousand(endpoint: Any) -> None:
    assert endpoint.max_top == 10_000
    assert endpoint.paging == "@odata.nextLink"


def test_machine_is_read() -> None:
    machine = decode(MACHINE, defender.MACHINE)
    assert machine.first_seen == datetime(2026, 1, 2, 3, 4, 5, 123457, tzinfo=UTC)
    assert machine.os_build == 22631
    assert machine.ip_addresses[0].mac_address == "00155D000001"


def test_alert_is_read() -> None:
    alert = decode(ALERT, defender.ALERT)
    assert alert.incident_id == 4711
    assert alert.related_user.user_name == "u"
    assert alert.evidence[0].process_id == 3276


@pytest.mark.parametrize("group", [140, "140", None])
def test_device_group_id_is_a_number_a_text_or_null(group: Any) -> None:
    assert decode(having(MACHINE, ["rbacGroupId"], group), defender.MACHINE).rbac_group_id == group


def test_no_machines_is_an_empty_page() -> None:
    assert decode({"value": []}, defender.MACHINES).value == []


def test_missing_required_member_is_refused_with_its_path(subtests: pytest.Subtests) -> None:
    for body, endpoint, path in [
        (MACHINE, defender.MACHINE, ["id"]),
        (ALERT, defender.ALERT, ["id"]),
        ({"value": [MACHINE]}, defender.MACHINES, ["value", 0, "id"]),
        ({"value": []}, defender.ALERTS, ["value"]),
    ]:
        with subtests.test(endpoint=endpoint.name, body=body):
            assert_required(body, endpoint, path)


def test_mistyped_member_is_refused_with_its_path(subtests: pytest.Subtests) -> None:
    for body, endpoint, path, value in [
        ({"value": [MACHINE, dict(MACHINE)]}, defender.MACHINES, ["value", 1, "osBuild"], "22631"),
        (MACHINE, defender.MACHINE, ["lastSeen"], "yesterday"),
        (MACHINE, defender.MACHINE, ["healthStatus"], 1),
        (MACHINE, defender.MACHINE, ["ipAddresses", 0, "ipAddress"], 7),
        ({"value": [ALERT]}, defender.ALERTS, ["value", 0, "severity"], 2),
        (ALERT, defender.ALERT, ["evidence", 0, "processId"], "3276"),
    ]:
        with subtests.test(endpoint=endpoint.name, body=body):
            assert_mistyped(body, endpoint, path, value)


def test_all_but_the_id_may_be_left_out_or_null(subtests: pytest.Subtests) -> None:
    """The documentation requires no member, and devices that were only discovered have fewer members."""
    cases: list[tuple[dict[str, Any], Endpoint[Any]]] = [(MACHINE, defender.MACHINE), (ALERT, defender.ALERT)]
    for body, endpoint in cases:
        with subtests.test(endpoint=endpoint.name):
            assert decode({"id": body["id"]}, endpoint).id == body["id"]
            assert decode({**dict.fromkeys(body), "id": body["id"]}, endpoint).id == body["id"]


def test_incident_id_is_a_number_here_and_a_text_in_graph() -> None:
    assert_mistyped(ALERT, defender.ALERT, ["incidentId"], "4711")
    of_graph = {"id": "a", "severity": "low", "status": "new", "serviceSource": "unknown", "incidentId": "4711"}
    assert_mistyped(of_graph, graph.ALERT, ["incidentId"], 4711)


@given(word=st.text(), extra=st.dictionaries(st.text(min_size=1).map("x-{}".format), st.none() | st.integers()))
def test_unknown_enumeration_members_and_extra_members_pass(word: Any, extra: Any) -> None:
    for name in ("healthStatus", "onboardingStatus", "riskScore", "exposureLevel", "deviceValue"):
        assert decode({**extra, **having(MACHINE, [name], word)}, defender.MACHINE).id == MACHINE["id"]
    for name in ("severity", "status", "classification", "determination", "investigationState", "detectionSource"):
        assert decode({**extra, **having(ALERT, [name], word)}, defender.ALERT).id == ALERT["id"]
