"""The official parser of KQL finds nothing wrong with any query that is sent, printed or shipped here.

It is @kusto/language-service-next, installed beside the other JavaScript clients; it is given the tables' columns.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.apis import kql
from conformance.fakes import build
from conformance.fakes.query.any_kql import columns_of
from conformance.findings import CAUSES, finding
from tests.clients.test_javascript import FOLDER, installed
from tests.contoso import START, made_up
from tests.fakes import kql_corpus, kql_patterns

__all__ = ["installed"]

ROOT = Path(__file__).parents[2]
QUOTED = re.compile(r"""["']query["']\s*:\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
"""A query in JSON, or in the JSON of a command."""
FUZZY = "KS205"
"""A warning: a table of a fuzzy union that there is not."""
OF_A_WORKSPACE = {"_GetWatchlist('vip') | take 1"}
"""Queries with functions that workspaces have beside the language's."""
UNGROUPED = "KS116"
"""A key of type dynamic: here it is refused too."""
Judge = Callable[[Sequence[str]], list[list[str]]]


@pytest.fixture(scope="module")
def judge(installed: str) -> Judge:
    """The diagnostics of each query, with the tables of the virtual tenant."""
    tables = build(made_up(), start=START).tenant.workspace.tables
    schemas = {name: dict(columns_of(table)) for name, table in tables.items()}

    def diagnostics(queries: Sequence[str]) -> list[list[str]]:
        question = json.dumps({"tables": schemas, "queries": queries})
        process = subprocess.run(
            [installed, "kql.mjs"], cwd=FOLDER, input=question, capture_output=True, text=True, timeout=120, check=True
        )
        faults: list[list[str]] = json.loads(process.stdout)
        return faults

    return diagnostics


def queries_of_requests() -> Iterator[str]:
    """All queries to a workspace but the one for a table that there is not."""
    yield from (query.text for query in kql.QUERIES.values() if query is not kql.UNKNOWN_TABLE)


def printed() -> Iterator[str]:
    """The queries in commands of fixes, and on the pages of the documentation."""
    for cause in CAUSES:
        yield from _quoted("\n".join(finding(cause, facts=made_up().facts()).fix.commands))
    for page in [
        ROOT / "README.md",
        *(ROOT / "docs").glob("**/*.md"),
        *(path for path in (ROOT / "examples").glob("**/*") if path.is_file()),
    ]:
        yield from _quoted(page.read_text(encoding="utf-8"))


def _quoted(text: str) -> Iterator[str]:
    for double, single in QUOTED.findall(text):
        yield double or single


def shipped() -> Iterator[str]:
    """The queries of the virtual tenant's rules, templates and bookmarks."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (text for name, text in value.items() if name == "query")
            for member in value.values():
                yield from walk(member)
        elif isinstance(value, list):
            for member in value:
                yield from walk(member)

    yield from walk(build(made_up(), start=START).tenant.workspace.content)


def test_our_own_queries_are_without_a_fault(judge: Judge) -> None:
    for kind in (queries_of_requests, printed, shipped):
        queries = sorted(set(kind()))
        assert queries
        assert {text: faults for text, faults in zip(queries, judge(queries), strict=True) if faults} == {}


def test_the_corpus_is_without_a_fault(judge: Judge) -> None:
    """Queries that the virtual tenant answers, or refuses by name, are KQL."""
    answered = [text for some in (kql_corpus, kql_patterns) for text, _ in (*some.ORDERED, *some.UNORDERED)]
    refused = [*(kql_corpus.REFUSED.keys() - OF_A_WORKSPACE), *kql_patterns.REFUSED]
    for queries, allowed in ((answered, {FUZZY}), (refused, {UNGROUPED})):
        results = zip(queries, judge(queries), strict=True)
        faults = {
            text: [fault for fault in faults if fault.partition(":")[0] not in allowed] for text, faults in results
        }
        assert {text: remaining for text, remaining in faults.items() if remaining} == {}


def test_it_sees_faults(judge: Judge) -> None:
    results = judge([kql.UNKNOWN_TABLE.text, "Usage | wherex", "Usage | where datatype == 'x'"])
    assert [faults[0].partition(":")[0] for faults in results] == ["KS204", "KS176", "KS142"]
