"""Errors as users paste them: given examples, several at once, files, and input that needs more information."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance import ConnectionFileError
from conformance.connection.clouds import CLOUDS
from conformance.findings import explain, explain_all
from conformance.findings.__main__ import main
from conformance.findings.hosts import address_of, service_of
from conformance.findings.paste import Paste, PasteError
from tests.findings.labelled_errors import SHARED

HANDED = SHARED / "samples" / "pasted.jsonl"
DEMO = Path(__file__).parents[2] / "examples" / "demo.toml"
FORBIDDEN = "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: "


def test_the_given_pastes_get_their_causes(subtests: pytest.Subtests) -> None:
    if not HANDED.exists():
        pytest.skip("the handed pastes are not beside this checkout")
    for line in HANDED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        with subtests.test(row["id"]):
            context = {"status": row["status"], "headers": row["headers"], "service": row["service"]}
            assert explain(row["body"], **context).cause in row["right"]
            if row["body"]:
                assert explain(row["body"], service=row["service"], headers=row["headers"]).cause in row["right"]
                assert explain(row["body"]).cause in row["right"]


def test_the_host_determines_the_service() -> None:
    for cloud in CLOUDS.values():
        for service, url in cloud.hosts.items():
            address = address_of(url)
            assert address is not None
            assert service_of(address) == (service, None)


def test_a_status_with_a_host_is_enough(subtests: pytest.Subtests) -> None:
    for url, cause in [
        ("https://graph.microsoft.com/v1.0/security/incidents", "app_role_missing"),
        ("https://management.azure.com/subscriptions/s/providers/Microsoft.SecurityInsights/x", "rbac_role_missing"),
        ("https://graph.microsoft.com/beta/security/tiIndicators", "api_retired"),
        ("https://graph.windows.net/contoso/users", "api_retired"),
        ("https://contoso.vault.azure.net/secrets/app", "other_service"),
        ("https://contoso.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/x", "other_service"),
        ("https://api.elsewhere.io/v1/items", "unknown"),
    ]:
        with subtests.test(url=url, cause=cause):
            assert explain(FORBIDDEN + url).cause == cause


def test_the_remedy_is_that_of_the_service_that_refused() -> None:
    ingestion = explain(FORBIDDEN + "https://contoso.westeurope-1.ingest.monitor.azure.com/x").fix.text
    assert "Monitoring Metrics Publisher" in ingestion
    keys = "the client '' may not perform action 'Microsoft.OperationalInsights/workspaces/listKeys/action'"
    listing = explain({"error": {"code": "AuthorizationFailed", "message": keys}}, status=403, service="arm").fix
    assert '"Log Analytics Contributor"' in listing.commands[0]
    assert "Microsoft Sentinel Reader" not in listing.text


def test_prose_of_clients_is_explained(subtests: pytest.Subtests) -> None:
    for text, cause in [
        ("autorest.DetailedError{StatusCode:404, ServiceError:[]uint8(nil)}", "object_not_found"),
        ("InteractionRequired is what the app said", "unknown"),
        ("com.example.AccessDenied: no", "unknown"),
        ("My licence was blocked by the firewall", "unknown"),
        ("KeyError: 'access_token'", "answer_hidden"),
        ("Error: Request failed with status code 403", "answer_hidden"),
        ("SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "intercepted"),
        ("x509: certificate signed by unknown authority", "tls_untrusted"),
        ("SSLHandshakeException: PKIX path validation failed: CertificateExpiredException", "tls_untrusted"),
        (
            'Get "https://login.microsoftonline.com/common/.well-known/openid-configuration": EOF',
            "connection_failed",
        ),
        (
            "HTTPSConnectionPool(host='graph.microsoft.com', port=443): [WinError 10060] A connection attempt failed"
            " because the connected party did not properly respond after a period of time",
            "timed_out",
        ),
        (
            "Query syntax error. 'where' operator: Failed to resolve table or column expression named 'X'.",
            "table_missing",
        ),
        ("Query syntax error. Expected to find: ;", "kql_invalid"),
        ("AADSTS70002: Error. AADSTS50012: Client assertion is not within its valid time range.", "assertion_expired"),
        ("The subscription 'x' is not registered to use microsoft.insights.", "provider_not_registered"),
        ("The managed identity endpoint is indicating there's no available identity", "credential_missing"),
    ]:
        with subtests.test(text=text, cause=cause):
            assert explain(text).cause == cause


def test_a_cut_document_within_a_message_decides_by_its_innermost_code() -> None:
    inner = r"{\"error\":{\"code\":\"RequestDisallowedByPolicy\",\"message\":\"Resource was disallowed by p"
    text = '{"error": {"code": "InternalServerError", "message": "{\\"code\\":\\"Forbidden\\",\\"message\\":\\"' + inner
    assert explain(text).cause == "policy_denied"


def test_endpoints_of_managed_identities_answer_in_entras_form(subtests: pytest.Subtests) -> None:
    """Issues of aad-pod-identity, azure-cli, velero and the SDKs quote these answers."""
    many = {"error": "invalid_request", "error_description": "Multiple user assigned identities exist, please specify"}
    for text, cause in [
        (json.dumps(many), "credential_missing"),
        (f"ImdsCredential: Unexpected response '{many}'", "credential_missing"),
        ("HTTP/1.1 400 Bad Request\nServer: IMDS/150.870.65.512\n\n" + json.dumps(many), "credential_missing"),
        (
            "ManagedIdentityCredential authentication unavailable, no response from the IMDS endpoint.",
            "credential_missing",
        ),
        ("MSI endpoint is not responding. Please make sure MSI is configured correctly.", "credential_missing"),
        ("No User Assigned or Delegated Managed Identity found for specified ClientId", "credential_missing"),
        ("Permission denied: '/var/opt/azcmagent/tokens/x.key'", "credential_missing"),
        ("The environment variable AZURE_FEDERATED_TOKEN_FILE is not set", "credential_missing"),
        ("ManagedIdentityCredential: AADSTS7000112: Application 'x' is disabled.", "app_disabled"),
        (json.dumps({"error": "invalid_request", "error_description": "something else"}), "request_malformed"),
        (
            f"{FORBIDDEN}https://graph.microsoft.com/v1.0/security/incidents ManagedIdentityCredential",
            "app_role_missing",
        ),
        ("(AuthorizationFailed) denied\nManagedIdentityCredential.get_token succeeded", "rbac_role_missing"),
    ]:
        with subtests.test(text=text):
            assert explain(text).cause == cause


def test_refusals_of_log_ingestion_have_their_own_remedy(subtests: pytest.Subtests) -> None:
    """A role helps only against 403."""
    for code, message, remedy in [
        ("OperationFailed", "does not have access to ingest data", "Monitoring Metrics Publisher"),
        ("NotFound", "Data collection rule with immutable Id 'dcr-x' not found.", "immutableId"),
        ("InvalidStream", "Stream Custom-Orders was not configured in the data collection rule", "Name a stream"),
        ("ContentLengthLimitExceeded", "Maximum allowed content length: 1048576 bytes (1 MB).", "smaller batches"),
    ]:
        with subtests.test(code=code):
            meaning = explain({"error": {"code": code, "message": message}})
            assert meaning.cause == "other_service"
            assert remedy in meaning.fix.text


def test_another_services_host_outweighs_the_codes() -> None:
    address = " POST https://contoso.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/x"
    body = json.dumps({"error": {"code": "AuthenticationFailed", "message": "The token audience is invalid"}})
    assert explain(body + address).cause == "other_service"


def test_consent_errors_of_multi_tenant_apps_are_explained(subtests: pytest.Subtests) -> None:
    for text, cause in [
        (
            "AADSTS650051: Using application 'x' is currently not supported: it is in an unmanaged state.",
            "app_not_in_tenant",
        ),
        (
            "AADSTS650052: The app accesses a service that your organization lacks a service principal for.",
            "resource_not_in_tenant",
        ),
        (
            "AADSTS650052: The app needs access to a service that your organization has not subscribed to.",
            "licence_missing",
        ),
        ("AADSTS90099: The application 'x' has not been authorized in the tenant 'y'.", "app_not_in_tenant"),
    ]:
        with subtests.test(text=text):
            assert explain(text).cause == cause


def test_a_refusal_passed_on_by_a_gateway_is_not_an_outage() -> None:
    inner = json.dumps({"error": {"code": "InsufficientAccessError", "message": "x"}})
    body = {"error": {"code": 502, "message": "BadGateway", "innerError": {"status": 502, "message": inner}}}
    assert explain(body).cause == "rbac_role_missing"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("“https://sts.windows.net/{0}/” ≠ “https://sts.windows.net/{1}/”", "wrong_token_tenant"),
        (
            "« https://graph.microsoft.com » « https://management.core.windows.net/ » «https://management.azure.com/»",
            "wrong_token_audience",
        ),
        ("对象 ID “{0}” “/subscriptions/{1}” “Microsoft.OperationalInsights/workspaces/read”", "rbac_role_missing"),
        ("“Microsoft.OperationalInsights/workspaces/law” https://aka.ms/ARMResourceNotFoundFix", "workspace_not_found"),
    ],
)  # fmt: skip
def test_ids_and_addresses_decide_in_any_language(text: str, cause: str) -> None:
    ids = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2))
    assert explain(text.format(*ids), service="arm").cause == cause


# Several errors


def test_several_errors_of_a_log_are_listed_with_the_first_cause_first() -> None:
    log = (
        f"2026-02-03 04:05:06 ERROR {FORBIDDEN}https://graph.microsoft.com/v1.0/security/incidents\n"
        "2026-02-03 04:05:07 INFO trying again\n"
        "2026-02-03 04:05:08 ERROR AADSTS7000222: The keys are expired.\n"
    )
    assert [meaning.cause for meaning in explain_all(log)] == ["secret_expired", "app_role_missing"]
    assert explain(log).cause == "secret_expired"


def test_one_error_over_many_lines_is_one() -> None:
    log = (
        "2026-02-03 04:05:06 ERROR could not fetch\nTraceback (most recent call last):\n"
        "2026-02-03 04:05:06 ERROR AADSTS7000222: The keys are expired.\n"
    )
    assert [meaning.cause for meaning in explain_all(log)] == ["secret_expired"]


def test_answers_of_an_archive_are_each_read() -> None:
    def entry(url: str, status: int, body: str) -> dict[str, Any]:
        return {"request": {"url": url}, "response": {"status": status, "headers": [], "content": {"text": body}}}

    denied = json.dumps({"error": {"code": "AuthorizationFailed", "message": "x"}})
    entries = [
        entry("https://management.azure.com/subscriptions/s", 403, denied),
        entry("https://graph.microsoft.com/v1.0/security/alerts_v2", 403, ""),
        entry("https://graph.microsoft.com/v1.0/security/incidents", 200, "{}"),
    ]
    meanings = explain_all(json.dumps({"log": {"entries": entries}}))
    assert [meaning.cause for meaning in meanings] == ["app_role_missing", "rbac_role_missing"]


# The command line


def test_a_connection_fills_the_commands(tmp_path: Path) -> None:
    file = tmp_path / "conn.toml"
    file.write_bytes(DEMO.read_bytes())
    text = "The resource group could not be found. (Code: ResourceGroupNotFound)"
    alone, with_file = (Paste.of(text, connection=files).findings()[0] for files in ([], [str(file)]))
    assert alone.cause == with_file.cause == "resource_group_not_found"
    assert "<subscription-id>" in "".join(alone.fix.commands)
    assert "<subscription-id>" not in "".join(with_file.fix.commands)
    with pytest.raises(ConnectionFileError, match="nosuch"):
        Paste.of(text, connection=[str(tmp_path / "nosuch.toml")])


def test_a_file_and_standard_input_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.txt"
    log.write_text("AADSTS7000222: x", encoding="utf-8")
    assert Paste.of(f"@{log}").findings()[0].cause == "secret_expired"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"AADSTS7000215: x")))
    assert Paste.of("-").findings()[0].cause == "wrong_client_secret"


def test_service_status_and_headers_complete_a_text() -> None:
    assert Paste.of("Forbidden", service="graph", status=403).findings()[0].cause == "app_role_missing"
    challenge = 'WWW-Authenticate: Bearer error="insufficient_claims", claims="e30="'
    assert Paste.of("{}", service="graph", status=401, headers=challenge).findings()[0].cause == "token_revoked"


@pytest.mark.parametrize(
    "wrong", [{"service": "teams"}, {"status": 42}, {"headers": "@/nowhere/headers.txt"}, {"text": "@/nowhere/log.txt"}]
)
def test_unusable_input_is_reported_in_one_line(wrong: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PasteError):
        Paste.of(**{"text": "x", **wrong})
    options = [f"--{name}={value}" for name, value in wrong.items() if name != "text"]
    assert main([str(wrong.get("text", "x")), *options]) == 4
    assert capsys.readouterr().err.startswith("ERROR: ")


def test_missing_information_is_requested(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["it does not work"]) == 1
    output = " ".join(capsys.readouterr().out.split())
    assert "--sentinel-explain-status" in output
    assert "--sentinel-explain-service" in output


def test_explaining_loads_neither_pytest_nor_httpx() -> None:
    code = (
        "import sys; from conformance.findings.__main__ import main; main(['AADSTS7000222'])\n"
        "assert not {'pytest', 'httpx', 'msal', 'rich', 'cryptography'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
