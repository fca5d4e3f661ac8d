"""The vocabulary of causes."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest

from conformance.findings import CAUSES, PLACEHOLDERS, finding
from tests.findings.findings_facts import FACTS
from tests.findings.labelled_errors import SHARED

OWNERS = {
    "connection", "entra-admin", "azure-admin", "workspace-owner", "security-admin", "network-admin", "provider",
    "nobody", "suite",
}  # fmt: skip


def test_the_vocabulary_is_complete_and_closed() -> None:
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
        "query_timeout", "unknown", "proxy_unusable", "proxy_auth_required", "proxy_denied", "proxy_failed",
        "answer_hidden",
    }  # fmt: skip


def test_every_cause_is_explained_owned_and_fixable(subtests: pytest.Subtests) -> None:
    for cause in CAUSES.values():
        with subtests.test(cause=cause):
            assert cause.owner in OWNERS
            assert cause.explanation.endswith(".")
            assert len(cause.explanation) > 60
            assert cause.fix


def test_templates_name_only_known_placeholders(subtests: pytest.Subtests) -> None:
    for cause in CAUSES.values():
        with subtests.test(cause=cause):
            for template in (
                cause.explanation,
                cause.fix,
                cause.again or "",
                cause.portal or "",
                *(text for command in cause.commands for text in command.templates),
            ):
                assert set(re.findall(r"\{(\w+)\}", template)) <= PLACEHOLDERS


def test_commands_can_be_pasted(subtests: pytest.Subtests) -> None:
    for facts in [{}, FACTS]:
        for cause in CAUSES.values():
            with subtests.test(facts=facts, cause=cause):
                for line in finding(cause.id, facts=facts).fix.commands:
                    words = shlex.split(line)
                    assert words[0] in ("az", "curl", "getent", "timedatectl", "sudo")
                    assert len(words) > 1
                    assert not re.search(r"\{\w+\}", line)
                    if facts:
                        assert "<" not in line.replace("<resource-app-id>", ""), line


def test_a_finding_carries_its_owner_and_its_page(subtests: pytest.Subtests) -> None:
    for cause in CAUSES.values():
        with subtests.test(cause=cause):
            problem = finding(cause.id)
            assert problem.owner == cause.owner
            assert problem.docs == f"docs/findings.md#{cause.id}"
            assert problem.conclusive is cause.conclusive


def test_a_cause_outside_the_vocabulary_is_an_error() -> None:
    with pytest.raises(KeyError):
        finding("bad_luck")
