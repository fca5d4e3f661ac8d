"""Scrubbing keeps types and shape, and removes all values of the customer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.fakes.state.tokens import sign
from conformance.probing.tokens import decode_claims
from conformance.recording.date_shift import DateShift
from conformance.recording.pseudonym_kinds import ANY, KINDS
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.scrubber import Scrubber

GUID = "30a40000-0c0f-4c0f-a11c-000000000004"
OTHER = "7e4a11ed-0c0f-4c0f-a11c-000000000001"


def scrubber(days: int = 0) -> Scrubber:
    return Scrubber(Pseudonyms(), DateShift(days))


# One value of each kind


def test_an_identifying_value_gets_a_pseudonym_of_the_same_form(subtests: pytest.Subtests) -> None:
    for member, value, becomes in [
        ("tenantId", GUID, "5ea1ed00-0000-4000-8000-000000000001"),
        ("tenantId", GUID.upper(), "5EA1ED00-0000-4000-8000-000000000001"),
        ("etag", f'"{GUID}"', '"5ea1ed00-0000-4000-8000-000000000001"'),
        ("id", f"{GUID}_2026-11-24", "5ea1ed00-0000-4000-8000-000000000001_2026-11-24"),
        ("userPrincipalName", "a.miller@corp.example.net", "person-0001@domain-0001.example"),
        ("computerDnsName", "ws-7.corp.example.net", "host-0001.domain-0001.example"),
        ("accountName", "CORP\\a.miller", "NAME-0001\\person-0001"),
        ("lastIpAddress", "10.20.0.7", "192.0.2.1"),
        ("lastIpAddress", "fe80::1", "2001:db8:5ea1::1"),
        ("macAddress", "8D4BA96B93F5", "00005E005301"),
        ("macAddress", "8d:4b:a9:6b:93:f5", "00:00:5e:00:53:01"),
        ("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "0000000000000000000000000000000000000001"),
        ("userSid", "S-1-5-21-1004336348-1177238915-682003330-512", "S-1-5-21-0-0-0-1"),
        ("filePath", "C:\\Users\\miller\\tool.exe", "C:\\path-0001"),
        ("filePath", "/home/miller/tool", "/path-0001"),
        ("url", "https://intranet.corp.example.net/a?b=c", "https://url-0001.example/"),
        ("title", "Miller's laptop", "text-0001"),
        ("providerAlertId", "da637578995287051192_756343937", "opaque-0001"),
        (
            "scope",
            f"/subscriptions/{GUID}/resourceGroups/rg",
            "/subscriptions/5ea1ed00-0000-4000-8000-000000000001/resourceGroups/group-0001",
        ),
        (
            "alertWebUrl",
            f"https://security.microsoft.com/alerts/x1?tid={GUID}",
            "https://security.microsoft.com/alerts/opaque-0001?tid=5ea1ed00-0000-4000-8000-000000000001",
        ),
        ("roleName", "Contoso Sentinel Reader", "text-0001 Sentinel Reader"),
    ]:
        with subtests.test(member=member, value=value):
            assert scrubber().text(value, member) == becomes


def test_values_that_are_the_same_for_all_tenants_are_kept(subtests: pytest.Subtests) -> None:
    for member, value in [
        ("severity", "High"),
        ("serviceSource", "microsoftSentinel"),
        ("@odata.type", "#microsoft.graph.security.deviceEvidence"),
        ("roleName", "Microsoft Sentinel Reader"),
        ("alertProductNames", "Azure Sentinel"),
        ("providerName", "Microsoft XDR"),
        ("actions", "Microsoft.OperationalInsights/workspaces/*/read"),
        ("actions", "*/read"),
        ("roles", "SecurityAlert.Read.All"),
        ("apiVersions", "2025-10-01-preview"),
        ("name", "SecurityIncident"),
        ("queryPeriod", "PT5H"),
        ("mitreTechniques", "T1059.001"),
        ("issuer", "https://login.microsoftonline.com/common/v2.0"),
        ("resourceAppId", "00000003-0000-0000-c000-000000000000"),
        ("roleDefinitionId", "/providers/Microsoft.Authorization/roleDefinitions/8d289c81-5878-46d4-8554-54e1e3d8b5cb"),
        ("aud", "https://management.core.windows.net/"),
        ("incidentId", "4719"),
        ("agentVersion", "10.8760.26100.1"),
    ]:
        with subtests.test(member=member, value=value):
            assert scrubber().text(value, member) == value


def test_an_error_text_keeps_its_words_and_loses_names() -> None:
    text = (
        f"AADSTS700016: Application with identifier '{GUID}' was not found in the directory 'Contoso Ltd'. Ask"
        " Miller at helpdesk@contoso.example.net, from 10.1.2.3. Timestamp: 2026-11-24 09:00:00Z"
    )
    assert scrubber(-10).phrase(text) == (
        "AADSTS700016: Application with identifier '5ea1ed00-0000-4000-8000-000000000001' was not found in the"
        " directory 'name-0001'. Ask text-0001 at person-0001@domain-0001.example, from 192.0.2.1. Timestamp:"
        " 2026-11-14 09:00:00Z"
    )


def test_a_token_keeps_its_claims_and_loses_its_signature() -> None:
    token = scrubber(-1).token(
        sign({"tid": GUID, "aud": "https://graph.microsoft.com", "roles": ["A"], "exp": 1795514400})
    )
    assert token.endswith(".")
    assert decode_claims(token) == {
        "tid": "5ea1ed00-0000-4000-8000-000000000001",
        "aud": "https://graph.microsoft.com",
        "roles": ["A"],
        "exp": 1795514400 - 86400,
    }


def test_a_value_has_the_same_pseudonym_everywhere() -> None:
    scrub = scrubber()
    cell = json.dumps([{"HostName": "ws-7", "DnsDomain": "corp.example.net", "AadUserId": GUID}])
    scrubbed = scrub.json(
        {
            "computerDnsName": "ws-7.corp.example.net",
            "url": f"https://security.microsoft.com/machines/x?tid={GUID}",
            "columns": [{"name": "Entities", "type": "string"}],
            "rows": [[cell]],
        }
    )
    assert json.loads(scrubbed["rows"][0][0]) == [
        {
            "HostName": "host-0001",
            "DnsDomain": "domain-0001.example",
            "AadUserId": "5ea1ed00-0000-4000-8000-000000000001",
        }
    ]
    assert scrub.host("ws-7.corp.example.net") == "host-0001.domain-0001.example"
    assert scrubbed["url"].endswith("tid=5ea1ed00-0000-4000-8000-000000000001")


def test_keys_chosen_by_the_customer_get_pseudonyms() -> None:
    scrubbed = scrubber().json(
        {"tags": {"Contoso cost centre": "Finance"}, "properties": {"title": "x", "ws-7.corp.net": 1}}
    )
    assert scrubbed == {
        "tags": {"name-0001": "name-0002"},
        "properties": {"title": "text-0001", "host-0001.domain-0001.example": 1},
    }


# Dates


def test_times_move_by_whole_days(subtests: pytest.Subtests) -> None:
    for text, moved in [
        ("2026-11-24T09:00:00.1234567Z", "2026-11-23T09:00:00.1234567Z"),
        ("2026-03-01T00:00:00+02:00", "2026-02-28T00:00:00+02:00"),
        ("2026-01-01", "2025-12-31"),
        ("Tue, 24 Nov 2026 09:00:00 GMT", "Mon, 23 Nov 2026 09:00:00 GMT"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
    ]:
        with subtests.test(text=text, moved=moved):
            assert DateShift(-1).whole(text) == moved


def test_api_versions_in_a_text_are_not_moved() -> None:
    text = "The supported api-versions are '2015-11-01, 2025-09-01'. It is 11/24/2026 9:00:00 AM."
    assert DateShift(-1).within(text) == text.replace("11/24", "11/23")


# Properties

texts = st.one_of(
    st.text(max_size=30),
    st.uuids().map(str),
    st.emails(),
    st.ip_addresses().map(str),
    st.datetimes().map(lambda time: time.isoformat() + "Z"),
    st.sampled_from(["High", "Contoso Ltd", "ws-7.corp.example.net", "SecurityIncident", "C:\\x", "name-0001", GUID]),
    st.integers(min_value=10**9).map(str),
    st.binary(min_size=16, max_size=32).map(bytes.hex),
)
members = st.sampled_from(
    ["title", "id", "name", "severity", "roleName", "userName", "tags", "error", "query", "etag", "unheard"]
)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(members, inner, max_size=4)),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return value if not isinstance(value, str) else str


def reserved(value: Any) -> Scrubber:
    pseudonyms = Pseudonyms()
    pseudonyms.reserve(json.dumps(value, ensure_ascii=False))
    return Scrubber(pseudonyms, DateShift())


def without_own_keys(value: Any) -> Any:
    """Return the value without the members of tags: their keys are names, which scrubbing replaces."""
    if isinstance(value, dict):
        return {key: [] if key == "tags" else without_own_keys(item) for key, item in value.items()}
    return [without_own_keys(item) for item in value] if isinstance(value, list) else value


@given(documents, st.booleans())
def test_types_and_shape_are_kept(document: Any, refusal: bool) -> None:
    document = without_own_keys(document)
    assert shape(reserved(document).json(document, refusal=refusal)) == shape(document)


@given(documents, st.booleans())
def test_scrubbing_twice_changes_nothing(document: Any, refusal: bool) -> None:
    once = reserved(document).json(document, refusal=refusal)
    assert reserved(once).json(once, refusal=refusal) == once


@given(st.lists(texts.filter(lambda text: not ANY.fullmatch(text)), unique_by=str.casefold, max_size=20))
def test_no_two_values_share_a_pseudonym(values: list[str]) -> None:
    clean = reserved(values)
    for kind in KINDS.values():
        if kind.name in ("mac", "number", "hash", "path", "url"):
            continue  # their form depends on the value
        given_out = [clean.pseudonyms.of(f"{kind.name}{value}", kind) for value in values]
        assert len({text.lower() for text in given_out}) == len(values)


@given(st.uuids(), st.text(min_size=1))
def test_a_value_keeps_its_pseudonym(guid: Any, text: str) -> None:
    clean = scrubber()
    assert clean.text(str(guid)) == clean.text(str(guid))
    assert clean.text(text, "title") == clean.text(text, "title")
