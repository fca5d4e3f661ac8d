"""The vocabulary of causes."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest

from conformance.findings import CAUSES, PLACEHOLDERS, Cause, finding
from tests.findings.labelled_errors import SHARED

OWNERS = {
    "connection", "entra-admin", "azure-admin", "workspace-owner", "security-admin", "network-admin", "provider",
    "nobody", "suite",
}  # fmt: skip
FACTS = {
    "tenant_id": "11111111-1111-4111-8111-111111111111",
    "client_id": "22222222-2222-4222-8222-222222222222",
    "subscription_id": "33333333-3333-4333-8333-333333333333",
    "resource_group": "rg soc (prod)",
    "workspace_id": "44444444-4444-4444-8444-444444444444",
    "workspace_name": "law-soc",
    "object_id": "55555555-5555-4555-8555-555555555555",
    "roles": "SecurityAlert.Read.All",
    "login_host": "login.microsoftonline.us",
    "cloud_az": "AzureUSGovernment",
    "table": "SecurityIncident",
    "secret_end_date": "2027-03-01",
}

every_cause = pytest.mark.parametrize("cause", CAUSES.values(), ids=list(CAUSES))


def test_the_vocabulary_is_the_agreed_one() -> None:
    agreed = SHARED / "causes.toml"
    if not agreed.exists():
        pytest.skip("the agreed vocabulary is not beside this checkout")
    rows = tomllib.loads(agreed.read_text(encoding="utf-8"))
    assert [(cause.group, cause.id, cause.owner) for cause in CAUSES.values()] == [
        (group, name, row["owner"]) for group, names in rows.items() for name, row in names.items()
    ]


def test_only_positive_signs_of_a_service_are_conclusive() -> None:
    assert {cause.id for cause in CAUSES.values() if not cause.conclusive} == {
        "throttled", "service_fault", "timed_out", "dns_failure", "connection_failed", "tls_untrusted", "intercepted",
        "query_timeout", "answer_hidden", "unknown",
    }  # fmt: skip


@every_cause
def test_every_cause_is_explained_owned_and_mendable(cause: Cause) -> None:
    assert cause.owner in OWNERS
    assert cause.explanation.endswith(".")
    assert len(cause.explanation) > 60
    assert cause.fix


@every_cause
def test_templates_name_only_known_placeholders(cause: Cause) -> None:
    for template in (cause.explanation, cause.fix, cause.again or "", cause.portal or "", *cause.commands):
        assert set(re.findall(r"\{(\w+)\}", template)) <= PLACEHOLDERS


@every_cause
@pytest.mark.parametrize("facts", [{}, FACTS], ids=["hints", "filled"])
def test_commands_can_be_pasted(cause: Cause, facts: dict[str, str]) -> None:
    for line in finding(cause.id, facts=facts).fix.commands:
        words = shlex.split(line)
        assert words[0] in ("az", "curl", "nslookup", "timedatectl", "sudo")
        assert len(words) > 1
        assert not re.search(r"\{\w+\}", line)
        if facts:
            assert "<" not in line.replace("<resource-app-id>", ""), line


@every_cause
def test_a_finding_carries_its_owner_and_its_page(cause: Cause) -> None:
    found = finding(cause.id)
    assert found.owner == cause.owner
    assert found.docs == f"docs/findings.md#{cause.id}"
    assert found.conclusive is cause.conclusive


def test_a_cause_outside_the_vocabulary_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        finding("bad_luck")
