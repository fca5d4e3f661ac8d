"""The page as text: valid, of limited size, with every value escaped and no secret."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

import html5lib
import msgspec
import pytest

from conformance.fakes import SCENARIOS
from conformance.report.comparison import run_of
from conformance.report.document import document, with_comparison
from conformance.report.html import page
from conformance.report.html.chain import NODES, chain
from conformance.report.html.page import LARGEST
from conformance.report.html.timeline import timeline
from conformance.report.model import Document
from tests.contoso import SECRET
from tests.report.documents import COMMAND, DOWN, RUNS, run
from tests.report.hostile_report import TEXTS, hostile
from tests.verified_reports import report_of

NAMES = {"html": "{http://www.w3.org/1999/xhtml}"}


def parsed(document: Document) -> Any:
    """Return the tree of the page; raise an error if it breaks a rule of HTML's grammar."""
    return html5lib.HTMLParser(strict=True).parse(page(document).decode())


@cache
def tree_of(name: str) -> Any:
    """Return the tree of the page of one of ``RUNS``, cached: html5lib takes seconds for the largest."""
    return parsed(run(*RUNS[name]))


def texts(tree: Any, tag: str) -> list[str]:
    return ["".join(element.itertext()) for element in tree.iter(f"{NAMES['html']}{tag}")]


def test_the_page_is_html_with_the_verdict_on_top(subtests: pytest.Subtests) -> None:
    for name in RUNS:
        with subtests.test(name=name):
            report = run(*RUNS[name])
            tree = tree_of(name)
            (head,) = texts(tree, "h1")
            assert head.startswith(
                "contoso" if len(report.connections) == 1 else ("4 of 5" if name.startswith("five") else "8 of 20")
            )
            text = " ".join(" ".join(texts(tree, "main")).split())
            for connection in report.connections:
                for cause in connection.root_causes:
                    assert cause.explanation in text
                    assert cause.again in text
                    assert all(command in text for command in cause.fix.commands)


def test_ids_are_unique_and_every_link_within_the_page_has_a_target() -> None:
    for name in RUNS:
        elements = list(tree_of(name).iter())
        ids = [element.get("id") for element in elements if element.get("id")]
        assert len(ids) == len(set(ids))
        links = {element.get("href") for element in elements if (element.get("href") or "").startswith("#")}
        assert {link[1:] for link in links} <= set(ids), name


@pytest.mark.slow
def test_the_page_is_smaller_than_300_kb(subtests: pytest.Subtests) -> None:
    for scenarios in [*RUNS.values(), (DOWN,) * 20, ("no-graph-consent+no-azure-role",) * 20, (DOWN,) * 3]:
        with subtests.test(scenarios=scenarios):
            text = page(run(*scenarios))
            assert len(text) < LARGEST
            if len(scenarios) == 1:
                assert all(f'id="c1-{check.id}"'.encode() in text for check in run(*scenarios).connections[0].checks)


def test_nothing_hostile_becomes_markup() -> None:
    tree = parsed(hostile(run("no-azure-role")))
    elements = list(tree.iter())
    assert len(texts(tree, "script")) == len(texts(tree, "style")) == 1
    assert "pwned" not in texts(tree, "script")[0]
    assert not [
        element for element in elements if {name for name in element.attrib if name.startswith("on") or name == "style"}
    ]
    assert {element.get("href").partition(":")[0] for element in elements if ":" in (element.get("href") or "")} <= {
        "https"
    }
    assert TEXTS[0] in " ".join(texts(tree, "main"))


@pytest.mark.parametrize("kind", ["style", "script"])
def test_the_policy_allows_this_style_and_script_and_nothing_else(kind: str) -> None:
    import base64
    import hashlib

    tree = parsed(run("healthy"))
    policy = next(element.get("content") for element in tree.iter(f"{NAMES['html']}meta") if element.get("http-equiv"))
    digest = base64.b64encode(hashlib.sha256(texts(tree, kind)[0].encode()).digest()).decode()
    assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


@pytest.mark.slow
def test_the_page_contains_no_secret_and_no_token(subtests: pytest.Subtests) -> None:
    for scenario in SCENARIOS:
        with subtests.test(scenario=scenario):
            text = page(document([report_of(scenario)], command=f"{COMMAND} --client_secret={SECRET}")).decode()
            assert SECRET not in text
            assert not re.search(r"eyJ[\w-]{8,}", text)


def test_the_picture_shows_the_broken_part() -> None:
    picture = chain(run("no-azure-role").connections[0].checks)
    states = {box.title: box.state for box in picture.boxes}
    assert states["Azure role"] == "failed"
    assert {states[title] for title in ("Workspace", "Microsoft Sentinel", "Log Analytics")} == {"blocked"}
    assert {states[title] for title in ("Graph token", "Graph permissions", "Graph security")} == {"passed"}
    assert [edge.state for edge in picture.edges].count("broken") == 2


def test_every_part_of_the_picture_has_checks() -> None:
    boxes = chain(run("with-ingestion").connections[0].checks).boxes
    assert len(boxes) == len(NODES)
    assert "unasked" not in {box.state for box in boxes}
    assert {box.state for box in chain(()).boxes} == {"unasked"}


def test_log_ingestion_is_drawn_if_it_is_configured() -> None:
    plain, broken = (chain(run(scenario).connections[0].checks) for scenario in ("healthy", "ingestion-role-missing"))
    assert [box.state for box in broken.boxes if box.title == "Log ingestion"] == ["failed"]
    assert "Log ingestion" not in {box.title for box in plain.boxes}
    assert broken.height > plain.height


def test_requests_lie_within_the_time_of_the_run() -> None:
    requests = run("healthy").connections[0].requests
    line = timeline(requests)
    assert [bar.request for bar in line.bars] == list(requests)
    assert all(0 <= bar.x < 1000 and bar.width > 0 for bar in line.bars)
    assert timeline(()).bars == ()


def test_changes_since_the_previous_run_are_on_the_page() -> None:
    before = run_of(run("healthy"))
    without = replace(
        before,
        connections={
            name: msgspec.structs.replace(past, checks=tuple(check for check in past.checks if check.id != "LA-033"))
            for name, past in before.connections.items()
        },
    )
    text = page(with_comparison(run("no-azure-role"), without)).decode()
    assert "RBAC-001</code> passed → failed (rbac_role_missing)" in text
    assert "New checks: LA-033" in text
    assert "Nothing has changed." in page(with_comparison(run("healthy"), before)).decode()
