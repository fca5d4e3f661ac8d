"""The summary of a run in Markdown."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.report.model import Document
from conformance.report.summary import summary
from tests.contoso import SECRET
from tests.report.documents import RUNS, run

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def tags(document: Document) -> set[str]:
    return set(re.findall(r"</?\w+", PARSER.render(summary(document).decode())))


def test_the_summary_begins_with_the_verdict_and_the_next_action() -> None:
    origin, _, verdict, _, action, *_ = summary(run(*RUNS["one-fault"])).decode().split("\n")
    assert origin.startswith("**SIMULATION (")
    assert verdict == "## ✗ contoso does not work"
    assert action.startswith("Azure administrator: Assign Microsoft Sentinel Reader")


def test_a_root_cause_has_its_fix_its_command_and_its_proof() -> None:
    text = summary(run(*RUNS["one-fault"])).decode()
    assert "#### RBAC-001 `rbac_role_missing`" in text
    assert "\n```sh\naz role assignment create --assignee-object-id " in text
    assert re.search(r"- \*\*Proof\*\*: 403 AuthorizationFailed · request [0-9a-f-]{36}\n", text)


def test_every_check_of_a_listed_connection_is_folded_into_it(subtests: pytest.Subtests) -> None:
    for name in RUNS:
        with subtests.test(name=name):
            document = run(*RUNS[name])
            page = PARSER.render(summary(document).decode())
            listed = [
                connection
                for connection in document.connections
                if len(RUNS[name]) == 1 or connection.verdict.status != "conformant"
            ]
            assert page.count("<details>") == page.count("</details>") == len(listed)
            assert page.count("<tr>") == sum(len(connection.checks) + 1 for connection in listed) + (
                len(document.connections) + 1 if len(document.connections) > 1 else 0
            )
            assert SECRET not in page


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(st.sampled_from(["</details><script>x</script>", "| a |\n# b", "``` x", "<!-- ", "@all"]) | st.text())
def test_texts_of_others_are_only_text(text: str) -> None:
    document = run(*RUNS["two-faults"])
    (connection,) = document.connections
    (first, second) = connection.root_causes
    hostile = msgspec.structs.replace(
        connection,
        name=text or "x",
        root_causes=(
            msgspec.structs.replace(first, explanation=text, fix=msgspec.structs.replace(first.fix, text=text)),
            msgspec.structs.replace(second, fix=msgspec.structs.replace(second.fix, commands=(text,), portal=text)),
        ),
        checks=tuple(msgspec.structs.replace(check, title=text) for check in connection.checks),
    )
    assert tags(msgspec.structs.replace(document, connections=(hostile,))) <= tags(document)
