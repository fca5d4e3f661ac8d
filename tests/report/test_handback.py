"""The pages for the customer's administrators: their tasks by role, and no secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import html5lib
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.fakes import SCENARIOS
from conformance.findings import finding
from conformance.report.document import document
from conformance.report.handback.forms import handbacks, html, markdown
from conformance.report.handback.page import page
from conformance.report.handback.texts import LANGUAGES, texts
from conformance.report.model import ConnectionPart, Document
from conformance.report.parts import finding_part
from conformance.verification.baseline import Acceptance
from conformance.verification.result import Report
from tests.contoso import SECRET
from tests.report.documents import RUNS, run

JARGON = re.compile(
    r"(?i)service principal(?! sign-ins)|\bAADSTS|\b40[0-9]\b|\btoken|\bprobe|\bevidence|conformance"
    r"|\bRBAC\b|\b[A-Z]{2,5}-\d{3}"
)
HINT = re.compile(r"<[a-z-]+>|&lt;[a-z-]+&gt;|\{\w+\}")


def only(document: Document) -> ConnectionPart:
    (connection,) = document.connections
    return connection


def text_of(connection: ConnectionPart, language: str = "en") -> str:
    return markdown(page(connection, run("healthy").run.started, language)).decode()


def test_tasks_are_grouped_by_role() -> None:
    content = page(only(run(*RUNS["two-faults"])), run("healthy").run.started, "en")
    assert {role: [task.title for task in tasks] for role, tasks in content.tasks.items()} == {
        "For the Microsoft Entra administrator": ["Grant the application permissions of Microsoft Graph"],
        "For the owner of the Log Analytics workspace": ["A table of the workspace does not exist yet"],
    }
    (consent,) = content.tasks["For the Microsoft Entra administrator"]
    assert (consent.link or "").startswith("https://login.microsoftonline.com/7e4a11ed-")
    assert consent.commands[0].startswith("az login --tenant ")
    assert "/appRoleAssignments" in consent.commands[1]


@pytest.mark.parametrize(("name", "key"), [("healthy", "works"), ("everything-down", "ours")])
def test_a_page_without_tasks_says_so(name: str, key: str) -> None:
    text = text_of(only(run(*RUNS[name])))
    assert texts().page[key] in text
    assert f"**{texts().page['nothing']}**" in text
    assert "```" not in text


def test_an_accepted_finding_is_not_a_task(verified: Callable[..., Report]) -> None:
    acceptance = Acceptance("RBAC-001", "known", date(2999, 1, 1))
    accepted = only(document([verified("no-azure-role", baseline=(acceptance,))]))
    assert texts().page["nothing"] in text_of(accepted)


def test_only_warnings_that_the_customer_can_fix_are_tasks(verified: Callable[..., Report]) -> None:
    connection = only(document([verified("secret-ends-soon")]))
    tasks_by_role = page(connection, run("healthy").run.started, "de").tasks
    assert [task.title.split(":")[0] for tasks in tasks_by_role.values() for task in tasks] == [
        "Der geheime Clientschlüssel läuft bald ab"
    ]


def test_every_cause_has_a_page_in_every_language(subtests: pytest.Subtests) -> None:
    for language in LANGUAGES:
        for cause in texts().tasks:
            with subtests.test(language=language, cause=cause):
                facts = {**finding(cause).fix.values, **FACTS}
                part = finding_part(finding(cause, facts=facts))
                connection = only(run(*RUNS["one-fault"]))
                root = msgspec.structs.replace(connection.root_causes[0], **msgspec.structs.asdict(part))
                text = text_of(msgspec.structs.replace(connection, root_causes=(root,)), language)
                assert not HINT.search(text)
                if language == "en":
                    assert not JARGON.search(
                        re.sub(r"```.*?```", "", text, flags=re.DOTALL).replace("Microsoft Graph", "")
                    )


FACTS = {
    "roles": "SecurityAlert.Read.All",
    "api": "graph",
    "table": "SecurityIncident",
    "secret_end_date": "2027-03-01",
    "object_id": "55555555-5555-4555-8555-555555555555",
}


def test_each_customer_sees_their_own_connection_only() -> None:
    pages = dict(handbacks(run(*RUNS["five-connections"]), ["en", "de"]))
    assert "handback-customer-02.html" in pages
    assert "handback-customer-02.de.md" in pages
    assert len(pages) == 5 * 2 * 2


def test_names_of_connections_are_not_used_as_paths() -> None:
    several = run(*RUNS["five-connections"])
    names = ["../../etc/passwd", "..\\x", "日本", "", "../../etc/passwd"]
    renamed = [
        msgspec.structs.replace(connection, name=name)
        for connection, name in zip(several.connections, names, strict=True)
    ]
    pages = [name for name, _ in handbacks(msgspec.structs.replace(several, connections=tuple(renamed)), ["en"])]
    assert len(set(pages)) == len(pages) == 10
    assert all(re.fullmatch(r"handback-[\w-]+\.(html|md)", name) for name in pages)


def test_the_page_is_valid_html(subtests: pytest.Subtests) -> None:
    for name in ["healthy", "one-fault", "two-faults", "everything-down"]:
        for language in LANGUAGES:
            with subtests.test(name=name, language=language):
                content = html(page(only(run(*RUNS[name])), run("healthy").run.started, language)).decode()
                html5lib.HTMLParser(strict=True).parse(content)
                assert f'<html lang="{language}">' in content
                assert "src=" not in content


HOSTILE = (
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "</style>", "[x](javascript:y)"]
    )
    | st.text()
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(HOSTILE)
def test_texts_of_others_are_only_text(text: str) -> None:
    connection = only(run(*RUNS["two-faults"]))
    roots = tuple(
        msgspec.structs.replace(
            root_cause,
            fix=msgspec.structs.replace(
                root_cause.fix,
                portal=f"x > {text}",
                commands=(text,),
                values={**root_cause.fix.values, "table": text, "roles": text},
            ),
        )
        for root_cause in connection.root_causes
    )
    target = msgspec.structs.replace(connection.target, workspace=text, resource_group=text)
    content = page(
        msgspec.structs.replace(connection, root_causes=roots, target=target), run("healthy").run.started, "fr"
    )
    harmless = page(connection, run("healthy").run.started, "fr")
    assert set(re.findall(r"<\w+", html(content).decode())) <= set(re.findall(r"<\w+", html(harmless).decode())) | {
        "<pre"
    }
    rendered = MarkdownIt("commonmark", {"html": True}).render(markdown(content).decode())
    assert set(re.findall(r"<\w+", rendered)) <= {
        "<h1",
        "<h2",
        "<h3",
        "<p",
        "<ul",
        "<ol",
        "<li",
        "<a",
        "<pre",
        "<code",
        "<hr",
    }


@pytest.mark.slow
def test_no_scenario_leaves_a_placeholder_or_a_secret(
    verified: Callable[..., Report], subtests: pytest.Subtests
) -> None:
    for scenario in SCENARIOS:
        with subtests.test(scenario=scenario):
            pages = handbacks(document([verified(scenario)]), ["en"])
            for _, content in pages:
                text = content.decode()
                assert SECRET not in text
                assert not HINT.search(
                    re.sub(r"<(?:style|head).*?</(?:style|head)>|</?[a-z0-9]+[^>]*>", "", text, flags=re.DOTALL)
                )
