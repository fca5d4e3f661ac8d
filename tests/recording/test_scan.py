"""The leaks that the scan finds, in whatever form, and the values that it ignores."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.recording.leaks.scan import RULES, known_values, leaks, mask
from tests.contoso import SECRET, made_up
from tests.recording.carriers import CARRIERS, recorded

UNSIGNED = ".".join(
    base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    for part in ({"alg": "RS256", "typ": "JWT"}, {"aud": "https://graph.microsoft.com", "roles": ["Machine.Read.All"]})
)
SIGNED = f"{UNSIGNED}.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU"

LEAKING: Mapping[str, list[tuple[str, str]]] = {
    "token": [("x", SIGNED), ("x", f"refused: {SIGNED}"), ("x", SIGNED.partition(".")[0])],
    "credential": [
        ("client_secret", "hunter2hunter2"),
        ("secretText", "hunter2"),
        ("set-cookie", "fpc=AkX1"),
        ("Authorization", "Bearer hunter2"),
        ("access_token", SIGNED),
        ("client_assertion", SIGNED),
    ],
    "hint": [("hint", "abc")],
    "client-secret": [("x", SECRET), ("message", f"the secret {SECRET} is wrong")],
    "bearer": [("message", "sent Bearer 0.AVYA7w8xhunter2")],
    "assigned": [
        ("message", "Endpoint=sb://x/;SharedAccessKey=aHVudGVyMg==;EntityPath=y"),
        ("x", '{\\"password\\":\\"h2nter\\"}'),
    ],
    "signature": [("x", "https://learn.microsoft.com/blob?sv=2022-11-02&sig=aHVudGVyMmh1bnRlcjJodW50ZXIyaHU%3D")],
    "cookie": [("x", "buid=0.AVYA7w8xhunter2; path=/")],
    "private-key": [("x", "-----BEGIN PRIVATE KEY-----"), ("x", "-----BEGIN RSA PRIVATE KEY-----")],
    "random": [("uti", "mX9fT2qL0kS7vB4nR8wZAA"), ("rh", "0.AVYA7w8xQ3pGZkO1nJ5yT8rLdX9b")],
    "guid": [
        ("x", "7e4a11ed-0c0f-4c0f-a11c-000000000001"),
        ("x", "7E4A11ED-0C0F-4C0F-A11C-000000000001_rule"),
        ("x", "a 7e4a11ed-0c0f-4c0f-a11c-000000000001"),
    ],
    "hexadecimal": [
        ("x", "7e4a11ed0c0f4c0fa11c000000000001"),
        ("sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("machineId", "b127b7ef9a8b5d5094932ba07dc62e338284e1c8"),
    ],
    "ipv4": [("ipAddress", "10.20.0.7"), ("message", "blocked: 93.184.216.34."), ("x", "20.1.2.3:443")],
    "ipv6": [("ipAddress", "fe80::1ff:fe23:4567:890a"), ("x", "2603:1020:0201:0010:0000:0000:0000:010f")],
    "mac": [("x", "3C-52-82-4a-01-02"), ("x", "3c:52:82:4a:01:02")],
    "mac-plain": [("macAddress", "3C52824A0102")],
    "mail": [
        ("x", "analyst@contoso.onmicrosoft.com"),
        ("x", "a.o'neil+x@firma.de"),
        ("x", "guest_firma.de#EXT#@contoso.com"),
    ],
    "url-host": [("x", "https://intranet.firma.de/start"), ("x", "ldap://dc1.corp.contoso.com")],
    "host": [("x", "dc1.corp.contoso.com"), ("x", "seen on srv-7.firma.local today"), ("x", "evil.co.uk")],
    "sid": [("userSid", "S-1-5-21-3623811015-3361044348-30300820-1013"), ("x", "S-1-12-1-43065-1217-29389-9132")],
    "prose": [("anything", "Ada clicked on a link"), ("label", "crown jewels")],
    "number": [("x", "+4915177130577"), ("account", "78123456789012")],
    "name": [
        ("displayName", "Ada Lovelace"),
        ("UserPrincipalName", "ada@firma.example"),
        ("HostName", "WS-FINANCE-07"),
        ("title", "Ada clicked on a link"),
        ("message", "I have asked Ada"),
        ("CommandLine", "net user ada /add"),
    ],
    "place": [
        ("id", "/subscriptions/x/resourceGroups/rg-firma/providers/y"),
        ("id", "/providers/microsoft.operationalinsights/workspaces/law-firma/z"),
    ],
    "path": [("x", r"C:\Users\ada\run.exe"), ("x", "/home/ada/run.sh"), ("x", r"\\files\share\ada.docx")],
    "quoted": [("error", "not found in the directory 'Firma GmbH'."), ("error", "the workspace named 'law-firma'")],
}
STANDING: list[tuple[str, str]] = [
    ("access_token", f"{UNSIGNED}."),
    ("client_secret", "REDACTED"),
    ("client_assertion", "***"),
    ("hint", "h01"),
    ("shape", "access_token: string"),
    ("error", "not found in the tenant 'https://sts.windows.net/5ea1ed00-0000-4000-8000-000000000002/'."),
    ("WWW-Authenticate", 'Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"'),
    ("x", "00000003-0000-0000-c000-000000000000"),
    ("roleDefinitionId", "/providers/Microsoft.Authorization/roleDefinitions/8d289c81-5878-46d4-8554-54e1e3d8b5cb"),
    ("tenantId", "5ea1ed00-0000-4000-8000-00000000002a"),
    ("sha1", "000000000000000000000000000000000000002a"),
    ("ipAddress", "192.0.2.7"),
    ("ipAddress", "198.18.4.1"),
    ("ipAddress", "2001:db8:5ea1::7"),
    ("macAddress", "00005E005307"),
    ("x", "00-00-5E-00-53-07"),
    ("userSid", "S-1-5-21-0-0-0-7"),
    ("userSid", "S-1-5-18"),
    ("userPrincipalName", "person-0007@domain-0001.example"),
    ("url", "https://url-0003.example/"),
    ("x", "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
    ("x", "see https://learn.microsoft.com/azure/sentinel/roles or https://aka.ms/x"),
    ("hostName", "host-0002"),
    ("computerDnsName", "host-0002.domain-0001.example"),
    ("title", "text-0012"),
    ("filePath", r"C:\path-0004"),
    ("id", "/subscriptions/5ea1ed00-0000-4000-8000-000000000002/resourceGroups/group-0001/providers/x"),
    ("displayName", "Microsoft Graph"),
    ("agentVersion", "10.8760.26.1"),
    ("TimeGenerated", "2026-11-24T09:00:00.0000000Z"),
    ("x", "09:00:00"),
    ("x", "value@odata.type"),
    ("x", "#microsoft.graph.security.deviceEvidence"),
    ("actions", "Microsoft.Resources/subscriptions/resourceGroups/read"),
    ("x", "Microsoft.OperationalInsights/workspaces/query/read"),
    ("x", "SecurityAlert.ReadWrite.All"),
    ("x", "incidents/properties.lastModifiedTimeUtc"),
    ("code", "InsufficientAccessError"),
]


def test_each_rule_finds_its_examples(subtests: pytest.Subtests) -> None:
    for rule, field, text in [(rule, *sample) for rule, examples in LEAKING.items() for sample in examples]:
        for carry in CARRIERS:
            with subtests.test(rule=rule, field=field, text=text, carry=carry.__name__):
                findings = leaks(dict([carry(field, text)]))
                assert rule in {leak.rule for leak in findings}
                assert text not in "\n".join(map(str, findings)), "the leak itself is never shown"


def test_values_that_are_the_same_for_all_tenants_are_not_leaks(subtests: pytest.Subtests) -> None:
    for field, text in STANDING:
        for carry in CARRIERS:
            with subtests.test(field=field, text=text, carry=carry.__name__):
                assert [*map(str, leaks(dict([carry(field, text)])))] == []


def test_the_header_of_an_unsigned_token_is_not_a_leak() -> None:
    assert leaks({"a.json": json.dumps(recorded("", {"Authorization": [f"Bearer {UNSIGNED}."]}))}) == []


def test_sentences_in_refusals_are_not_leaks_but_names_are() -> None:
    error = {"error": {"code": "x", "message": "Basic authentication is not allowed for this tenant"}}
    refused = recorded(json.dumps({**error, "error_description": "AADSTS7000222: The provided client secret expired."}))
    assert "prose" not in {leak.rule for leak in leaks({"a.json": json.dumps(refused)})}
    answered = json.dumps(recorded(json.dumps({"note": "Ada clicked on a link"})))
    refused_with_a_name = answered.replace('"code": 200', '"code": 403').replace("note", "displayName")
    assert {leak.rule for leak in leaks({"a.json": refused_with_a_name})} == {"name"}


def test_every_rule_has_examples() -> None:
    assert set(LEAKING) == {rule.name for rule in RULES}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_leak_has_its_place_and_a_masked_excerpt() -> None:
    content = json.dumps(recorded(json.dumps({"value": [{"computerDnsName": "srv-7.firma.de"}]})))
    (leak, *_) = leaks({"cassettes/a/graph.json": content})
    assert leak.file == "cassettes/a/graph.json"
    assert leak.where == "interactions[0].response.body.string.value[0].computerDnsName"
    assert leak.excerpt == "xxx-9.xxxxx.xx"


def test_names_of_members_are_scanned_and_masked() -> None:
    (leak,) = [
        leak
        for leak in leaks({"a.json": json.dumps({"by": {"ada@firma.de": {"title": "Ada"}}})})
        if leak.rule == "name"
    ]
    assert leak.where == "by.*.title"
    assert "mail" in {leak.rule for leak in leaks({"a.json": json.dumps({"ada@firma.de": 1})})}


def test_file_names_are_scanned() -> None:
    assert [leak.where for leak in leaks({"cassettes/ada@firma.de/manifest.json": "{}"})] == ["its name"]


def test_yaml_comments_and_other_kinds_of_files_are_scanned() -> None:
    assert {leak.rule for leak in leaks({"a.yaml": "# from srv-7.firma.de\na: 1"})} == {"host"}
    assert {leak.rule for leak in leaks({"INDEX.md": "recorded by ada@firma.de"})} == {"mail"}
    assert {leak.rule for leak in leaks({"damaged.json": '{"mail": "ada@firma.de"'})} == {"mail"}


def test_an_assigned_pseudonym_is_not_a_leak() -> None:
    text = json.dumps({"id": "7e4a11ed-0c0f-4c0f-a11c-000000000001"})
    assert leaks({"a.json": text})
    assert leaks({"a.json": text}, pseudonyms={"7E4A11ED-0C0F-4C0F-A11C-000000000001"}) == []


# The values of the connection

FORMS: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda value: value,
    "upper case": str.upper,
    "in a URL": lambda value: quote(value, safe=""),
    "twice in a URL": lambda value: quote(quote(value, safe=""), safe=""),
    "in JSON": lambda value: json.dumps(json.dumps({"a": value})),
    "hexadecimal": lambda value: value.encode().hex(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64, after one": lambda value: base64.b64encode(f"\u00e4{value}\u00ff\u00ff".encode("latin-1")).decode(),
    "base64, after two": lambda value: base64.b64encode(f"\u00e4\u00ff{value}\u00ff".encode("latin-1")).decode(),
    "base64 of UTF-16": lambda value: base64.b64encode(value.encode("utf-16-le")).decode(),
    "without hyphens": lambda value: value.replace("-", ""),
}


def test_the_values_of_the_connection_are_found_in_any_form(subtests: pytest.Subtests) -> None:
    for form in FORMS:
        with subtests.test(form=form):
            connection = made_up(workspace_name="law_sécurité", resource_group="rg.7")
            values = known_values(connection)
            assert {SECRET, connection.tenant_id, "law_sécurité", "rg.7"} <= set(values)
            for value in values:
                if (form == "without hyphens" and value == SECRET) or (not value.isascii() and "base64," in form):
                    continue
                if len(value) < 8 and "base64" in form:
                    continue  # its characters in base64 are too few to be distinguished from chance
                findings = leaks({"a.json": json.dumps({"x": f"<{FORMS[form](value)}>"})}, own_values=[value])
                assert "known" in {leak.rule for leak in findings}, form
                assert value not in "\n".join(map(str, findings))


def test_a_name_that_is_a_common_word_is_found_only_in_its_usual_place() -> None:
    connection = made_up(resource_group="soc", workspace_name="contoso")
    assert {"soc", "contoso"}.isdisjoint(known_values(connection))
    assert {leak.rule for leak in leaks({"a.txt": "/resourceGroups/soc"})} == {"place"}


def test_a_short_value_is_found_only_as_a_whole_word() -> None:
    assert leaks({"a.txt": "the prod-1 group"}, own_values=["prod-1"])
    assert leaks({"a.txt": "the prod-12 group"}, own_values=["prod-1"]) == []


@given(st.text(min_size=9, max_size=60), st.text(max_size=20), st.text(max_size=20))
@example("000000%00", "", "")
def test_any_value_is_found_within_any_text(value: str, before: str, after: str) -> None:
    text = json.dumps({"x": before + value + after})
    assert "known" in {leak.rule for leak in leaks({"a.json": text}, own_values=[value])}


@given(st.text(min_size=1))
def test_a_mask_shows_no_letter_and_no_digit(value: str) -> None:
    assert {character for character in mask(value) if character.isalnum()} <= set("xX9")


@given(st.text(), st.sampled_from(["a.json", "a.yaml", "a.md"]))
def test_any_content_can_be_scanned(content: str, name: str) -> None:
    assert leaks({name: content}) == leaks({name: content})
