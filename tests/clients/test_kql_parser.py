"""The official parser of KQL reports no error in any query that this project sends, prints or ships.

The parser is @kusto/language-service-next, installed with the other JavaScript clients; it gets the tables' columns.
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
"""Matches the query in JSON, or in the JSON of a command line."""
FUZZY = "KS205"
"""The code of a warning: a table of a fuzzy union does not exist."""
OF_A_WORKSPACE = {"_GetWatchlist('vip') | take 1"}
"""Queries with functions of workspaces, which the parser does not know."""
UNGROUPED = "KS116"
"""The code of a key of type dynamic; the virtual tenant refuses it too."""
Judge = Callable[[Sequence[str]], list[list[str]]]


@pytest.fixture(scope="module")
def judge(installed: str) -> Judge:
    """Return a function that lists the diagnostics of each query, given the tables of the virtual tenant."""
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
    """Yield all queries to a workspace, except the query for a table that does not exist."""
    yield from (query.text for query in kql.QUERIES.values() if query is not kql.UNKNOWN_TABLE)


def printed() -> Iterator[str]:
    """Yield the queries in commands of fixes and in the pages of the documentation."""
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
    """Yield the queries of the virtual tenant's rules, templates and bookmarks."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (text for name, text in value.items() if name == "query")
            for member in value.values():
                yield from walk(member)
        elif isinstance(value, list):
            for member in value:
                yield from walk(member)

    yield from walk(build(made_up(), start=START).tenant.workspace.content)


def test_the_queries_of_this_project_have_no_errors(judge: Judge) -> None:
    for kind in (queries_of_requests, printed, shipped):
        queries = sorted(set(kind()))
        assert queries
        assert {text: faults for text, faults in zip(queries, judge(queries), strict=True) if faults} == {}


def test_the_queries_of_the_corpus_have_no_errors(judge: Judge) -> None:
    """Queries that the virtual tenant answers, or refuses with a reason of its own, are valid KQL."""
    answered = [text for some in (kql_corpus, kql_patterns) for text, _ in (*some.ORDERED, *some.UNORDERED)]
    refused = [*(kql_corpus.REFUSED.keys() - OF_A_WORKSPACE), *kql_patterns.REFUSED]
    for queries, allowed in ((answered, {FUZZY}), (refused, {UNGROUPED})):
        results = zip(queries, judge(queries), strict=True)
        faults = {
            text: [fault for fault in faults if fault.partition(":")[0] not in allowed] for text, faults in results
        }
        assert {text: remaining for text, remaining in faults.items() if remaining} == {}


def test_the_parser_reports_errors(judge: Judge) -> None:
    results = judge([kql.UNKNOWN_TABLE.text, "Usage | wherex", "Usage | where datatype == 'x'"])
    assert [faults[0].partition(":")[0] for faults in results] == ["KS204", "KS176", "KS142"]
