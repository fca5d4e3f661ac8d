"""The pages for the customer's administrator: what they ask, of whom, and what they never show."""

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


def test_what_is_to_be_done_is_grouped_by_who_does_it() -> None:
    found = page(only(run(*RUNS["two-faults"])), run("healthy").run.started, "en")
    assert {role: [one.title for one in asked] for role, asked in found.tasks.items()} == {
        "For the Microsoft Entra administrator": ["Grant the application permissions of Microsoft Graph"],
        "For the owner of the Log Analytics workspace": ["A table of the workspace does not exist yet"],
    }
    (consent,) = found.tasks["For the Microsoft Entra administrator"]
    assert (consent.link or "").startswith("https://login.microsoftonline.com/7e4a11ed-")
    assert consent.commands[0].startswith("az login --tenant ")
    assert "/appRoleAssignments" in consent.commands[1]


@pytest.mark.parametrize(("name", "key"), [("healthy", "works"), ("everything-down", "ours")])
def test_where_nothing_is_to_be_done_it_says_so(name: str, key: str) -> None:
    told = text_of(only(run(*RUNS[name])))
    assert texts().page[key] in told
    assert f"**{texts().page['nothing']}**" in told
    assert "```" not in told


def test_what_is_accepted_is_not_asked(verified: Callable[..., Report]) -> None:
    known = Acceptance("RBAC-001", "known", date(2999, 1, 1))
    accepted = only(document([verified("no-azure-role", baseline=(known,))]))
    assert texts().page["nothing"] in text_of(accepted)


def test_of_what_is_of_note_only_the_customers_matters_are_asked(verified: Callable[..., Report]) -> None:
    connection = only(document([verified("secret-ends-soon")]))
    asked = page(connection, run("healthy").run.started, "de").tasks
    assert [one.title.split(":")[0] for found in asked.values() for one in found] == [
        "Der geheime Clientschlüssel läuft bald ab"
    ]


def test_every_cause_has_a_page_in_every_language(subtests: pytest.Subtests) -> None:
    for language in LANGUAGES:
        for cause in texts().tasks:
            with subtests.test(language=language, cause=cause):
                known = {**finding(cause).fix.values, **FACTS}
                one = finding_part(finding(cause, facts=known))
                connection = only(run(*RUNS["one-fault"]))
                root = msgspec.structs.replace(connection.root_causes[0], **msgspec.structs.asdict(one))
                told = text_of(msgspec.structs.replace(connection, root_causes=(root,)), language)
                assert not HINT.search(told)
                if language == "en":
                    assert not JARGON.search(
                        re.sub(r"```.*?```", "", told, flags=re.DOTALL).replace("Microsoft Graph", "")
                    )


FACTS = {
    "roles": "SecurityAlert.Read.All",
    "api": "graph",
    "table": "SecurityIncident",
    "secret_end_date": "2027-03-01",
    "object_id": "55555555-5555-4555-8555-555555555555",
}


def test_each_customer_sees_their_own_connection_only() -> None:
    made = dict(handbacks(run(*RUNS["five-connections"]), ["en", "de"]))
    assert "handback-customer-02.html" in made
    assert "handback-customer-02.de.md" in made
    assert len(made) == 5 * 2 * 2


def test_names_of_connections_are_no_paths() -> None:
    several = run(*RUNS["five-connections"])
    names = ["../../etc/passwd", "..\\x", "日本", "", "../../etc/passwd"]
    renamed = [msgspec.structs.replace(one, name=name) for one, name in zip(several.connections, names, strict=True)]
    made = [name for name, _ in handbacks(msgspec.structs.replace(several, connections=tuple(renamed)), ["en"])]
    assert len(set(made)) == len(made) == 10
    assert all(re.fullmatch(r"handback-[\w-]+\.(html|md)", name) for name in made)


def test_the_page_is_valid_html(subtests: pytest.Subtests) -> None:
    for name in ["healthy", "one-fault", "two-faults", "everything-down"]:
        for language in LANGUAGES:
            with subtests.test(name=name, language=language):
                found = html(page(only(run(*RUNS[name])), run("healthy").run.started, language)).decode()
                html5lib.HTMLParser(strict=True).parse(found)
                assert f'<html lang="{language}">' in found
                assert "src=" not in found


HOSTILE = (
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "</style>", "[x](javascript:y)"]
    )
    | st.text()
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(HOSTILE)
def test_what_others_say_is_text(text: str) -> None:
    connection = only(run(*RUNS["two-faults"]))
    roots = tuple(
        msgspec.structs.replace(
            one,
            fix=msgspec.structs.replace(
                one.fix, portal=f"x > {text}", commands=(text,), values={**one.fix.values, "table": text, "roles": text}
            ),
        )
        for one in connection.root_causes
    )
    target = msgspec.structs.replace(connection.target, workspace=text, resource_group=text)
    found = page(
        msgspec.structs.replace(connection, root_causes=roots, target=target), run("healthy").run.started, "fr"
    )
    harmless = page(connection, run("healthy").run.started, "fr")
    assert set(re.findall(r"<\w+", html(found).decode())) <= set(re.findall(r"<\w+", html(harmless).decode())) | {
        "<pre"
    }
    shown = MarkdownIt("commonmark", {"html": True}).render(markdown(found).decode())
    assert set(re.findall(r"<\w+", shown)) <= {
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
def test_no_scenario_leaves_a_hole_or_a_secret(verified: Callable[..., Report], subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS:
        with subtests.test(scenario=scenario):
            made = handbacks(document([verified(scenario)]), ["en"])
            for _, content in made:
                told = content.decode()
                assert SECRET not in told
                assert not HINT.search(
                    re.sub(r"<(?:style|head).*?</(?:style|head)>|</?[a-z0-9]+[^>]*>", "", told, flags=re.DOTALL)
                )
