"""One fault, one name: raw answers of one service at a time, and the single root cause of the whole verification."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.connection import CLOUDS, Certificate
from conformance.findings import CAUSES
from tests.contoso import START
from tests.injected import Injection, roots, tokens

SITUATIONS: Sequence[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "situations.toml").read_text(encoding="utf-8")
)["situation"]
FACTS = Path(__file__).parents[2] / "shared" / "facts"


def injection(situation: dict[str, Any]) -> Injection:
    places, headers = tuple(situation["at"]), situation.get("headers", {})
    if situation.get("part"):
        error = json.loads(situation["body"])
        return Injection(places, change=lambda genuine: genuine | {"error": error})
    return Injection(places, situation["status"], situation["body"], headers)


def test_each_situation_has_one_root(subtests: pytest.Subtests) -> None:
    for situation in SITUATIONS:
        with subtests.test(situation["name"]):
            (root,) = roots(injection(situation))
            assert root.finding.cause == situation["cause"], root
            assert root.check == situation.get("check", root.check)
            assert root.finding.certainty == situation.get("certainty", root.finding.certainty)


APART = (
    ("row limit, all queries", "Graph knows no alerts"),
    ("Azure asks to slow down", "continuous access evaluation"),
    ("the query service refuses, whatever the role", "Graph knows no alerts, no code"),
    ("Sentinel says 404 and nothing else", "query past its time"),
    ("206 of the query API", "Sentinel refuses what the role allows"),
)
"""Pairs of independent faults of different services."""


def test_two_faults_have_two_roots(subtests: pytest.Subtests) -> None:
    situations = {situation["name"]: situation for situation in SITUATIONS}
    for pair in APART:
        with subtests.test(" + ".join(pair)):
            causes = sorted(root.finding.cause for root in roots(*(injection(situations[name]) for name in pair)))
            assert causes == sorted(situations[name]["cause"] for name in pair)


# A token with wrong claims


REFUSALS = (
    Injection(("graph",), 401, {"error": {"code": "InvalidAuthenticationToken", "message": "Invalid audience."}}),
    Injection(("graph",), 403, {"error": {"code": "Forbidden", "message": "Missing application roles."}}),
    Injection(("defender",), 401, {"error": {"code": "Unauthorized", "message": "x"}}),
    Injection(("defender",), 403, {"error": {"code": "Forbidden", "message": "Missing application roles."}}),
    Injection(("log_analytics",), 403, {"error": {"code": "InvalidTokenError", "message": "x"}}),
    Injection(("arm", "sentinel"), 401, {"error": {"code": "InvalidAuthenticationTokenAudience", "message": "x"}}),
)
AUDIENCES = {
    "graph": "graph.microsoft",
    "defender": "securitycenter",
    "log_analytics": "loganalytics",
    "arm": "management",
}
CLAIMS: Sequence[tuple[dict[str, Any], str]] = (
    ({"aud": "https://odd.example", "roles": None}, "wrong_token_audience"),
    ({"aud": "https://odd.example"}, "wrong_token_audience"),
    ({"tid": "99999999-0c0f-4c0f-a11c-000000000001"}, "wrong_token_tenant"),
    ({"oid": None}, "service_principal_missing"),
    ({"exp": 1_700_000_000}, "token_expired"),
)


def test_a_wrong_token_is_the_root_cause_of_its_refusals(subtests: pytest.Subtests) -> None:
    for refusal in REFUSALS:
        api = refusal.places[0]
        for claims, cause in CLAIMS:
            with subtests.test(api, status=refusal.status, claims=claims):
                (root,) = roots(tokens(AUDIENCES[api], **claims), refusal)
                assert root.finding.cause == cause


def test_an_audience_that_the_api_accepts_is_not_a_fault() -> None:
    success = Injection(("graph",), 200, {"value": []})
    assert roots(tokens("graph.microsoft", aud="https://odd.example"), success) == []


# A wrong clock


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    """Return a self-signed certificate with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "contoso")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, START, START + timedelta(days=30))
    form, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(form, serialization.PrivateFormat.PKCS8, plain)
    return Certificate(private + builder.sign(key, hashes.SHA256()).public_bytes(form), "app.pem")


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("AADSTS700024: Client assertion is not within its valid time range.", "clock_skew"),
        ("AADSTS50027: JWT token is invalid or malformed.", "clock_skew"),
        ("AADSTS50012: Authentication failed.", "clock_skew"),
        ("Client authentication failed.", "clock_skew"),
        ("AADSTS700027: The certificate used to sign the assertion is not registered.", "certificate_invalid"),
    ],
)
def test_a_wrong_clock_is_not_reported_as_a_wrong_certificate(certificate: Certificate, words: str, cause: str) -> None:
    answer = Injection(("entra.token",), 401, {"error": "invalid_client", "error_description": words})
    (root,) = roots(answer, scenario="clock-skew", client_secret=None, credential=certificate)
    assert root.finding.cause == cause
    (root,) = roots(answer, client_secret=None, credential=certificate)
    assert root.finding.cause in ("certificate_invalid", "assertion_expired")


# Another cloud


@pytest.mark.parametrize(
    ("cloud", "words"),
    [("public", "US Government"), ("usgov-gcc-high", "Azure public cloud"), ("china", "Azure public")],
)
def test_a_tenant_of_another_cloud_is_reported_with_its_cloud(cloud: str, words: str) -> None:
    (root,) = roots(scenario="tenant-in-other-cloud", cloud=CLOUDS[cloud])
    assert (root.check, root.finding.cause) == ("AUTH-001", "wrong_cloud")
    assert words in root.finding.explanation


# Another workspace than the names in the connection file


def emptied(body: Any) -> Any:
    for table in body["tables"]:
        table["rows"] = table["rows"] if len(table["columns"]) == 1 and table["rows"] == [[1]] else []
    return body


ELSEWHERE = (
    Injection(("log_analytics.query",), change=emptied),
    Injection(("log_analytics.query",), 403, {"error": {"code": "InsufficientAccessError", "message": "x"}}),
    Injection(("log_analytics.query",), 404, {"error": {"code": "PathNotFoundError", "message": "x"}}),
    Injection(
        ("log_analytics.query",),
        400,
        {
            "error": {
                "code": "BadArgumentError",
                "message": "x",
                "innererror": {
                    "code": "SemanticError",
                    "innererror": {"code": "SEM0100", "message": "Failed to resolve table 'SecurityIncident'"},
                },
            }
        },
        unless=b"print ok",
    ),
)


def test_missing_tables_of_another_workspace_are_not_a_second_fault(subtests: pytest.Subtests) -> None:
    for number, answer in enumerate(ELSEWHERE):
        with subtests.test(number=number):
            (root,) = roots(answer, scenario="mismatched-workspace-id")
            assert (root.check, root.finding.cause) == ("ARM-004", "workspace_id_mismatch")


def test_the_daily_cap_is_the_cause_of_missing_rows() -> None:
    (root,) = roots(Injection(("log_analytics.query",), change=emptied), scenario="daily-cap")
    assert root.finding.cause == "daily_cap_reached"


def test_the_daily_cap_is_a_second_root_cause_beside_another() -> None:
    assert roots(scenario="daily-cap") == []  # the cap alone is only a warning
    named_roots = roots(scenario="daily-cap+no-defender-consent")
    assert [(root.check, root.finding.cause) for root in named_roots] == [
        ("PERM-011", "app_role_missing"),
        ("ARM-006", "daily_cap_reached"),
    ]


# All published errors


def published() -> Iterator[tuple[str, str, int, dict[str, str], Any]]:
    """Yield each documented error: its name, service, status, headers and body."""
    names = {"loganalytics": "log_analytics", "securityinsights": "sentinel", "mde": "defender"}
    for file in ("log-analytics-and-sentinel-errors.json", "graph-and-defender-errors.json"):
        for row in json.loads((FACTS / file).read_text(encoding="utf-8"))["errors"]:
            service = row.get("service") or row["api"]
            headers = {name: value for name, value in (row.get("headers") or {}).items() if name != "Content-Length"}
            body = "" if row["body"] is None else row["body"]
            yield row["id"], names.get(service, service), row["status"], headers, body
    for row in json.loads((FACTS / "entra-token-errors.json").read_text(encoding="utf-8"))["errors"]:
        numbers = [int(number) for number in re.findall(r"\d+", row["aadsts"])]
        body = {"error": row["error"], "error_description": row["description"], "error_codes": numbers}
        yield f"AADSTS{row['aadsts']}", "entra", row["http_status"] or 400, {}, body
    for row in csv.DictReader((FACTS / "arm-errors.csv").read_text(encoding="utf-8").splitlines()):
        status = int(row["http_status"][:3] or 400)
        yield row["code"], "arm", status, {}, {"error": {"code": row["code"], "message": row["message_template"]}}


FAMILIES = {
    "entra": (("entra.token",), ("entra.openid_configuration",)),
    "arm": (("arm", "sentinel"), ("arm.workspace",), ("sentinel",)),
    "log_analytics": (("log_analytics",),),
    "sentinel": (("sentinel",), ("sentinel.alert_rules",)),
    "graph": (("graph",), ("graph.incidents",)),
    "defender": (("defender",), ("defender.alerts",)),
}
"""Places of a service's errors: all its operations, and one operation that is not representative of it."""
HARMLESS = {
    ("mde-404-machine", "defender.alerts"),  # an empty list, as for the list of machines
    ("arm-authz-failed", "arm.workspace"),  # the operations in the workspace are answered
    ("AuthorizationFailed", "arm.workspace"),
}


@pytest.mark.slow
@pytest.mark.parametrize("service", FAMILIES)
def test_each_published_error_has_one_root_at_every_operation(service: str, subtests: pytest.Subtests) -> None:
    if not FACTS.exists():
        pytest.skip("the facts are not here")
    errors = [error for error in published() if error[1] == service]
    assert errors
    for name, _, status, headers, body in errors:
        for places in FAMILIES[service]:
            with subtests.test(name, places=places):
                named_roots = roots(Injection(places, status, body, headers))
                assert len(named_roots) == (0 if (name, places[0]) in HARMLESS else 1), named_roots
                assert all(root.finding.cause in CAUSES for root in named_roots)
