"""Tests of the checks of the workspace's tables: their plans and their retention."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.apis.kql import words
from conformance.connection import Expect
from conformance.fakes.world import World
from tests.checks.outcomes import changed, ends, fails, world

# ARM-010 to ARM-012: plans and retention of tables


def with_plan(plan: str, query: str) -> World:
    """Return a world in which SigninLogs has this plan and the first rule this query."""
    there = world()
    there.tenant.workspace.tables["SigninLogs"].plan = plan
    there.tenant.workspace.content["alertRules"][0]["properties"]["query"] = query
    return there


@pytest.mark.parametrize("plan", ["Basic", "Auxiliary"])
def test_rules_that_read_tables_of_another_plan(plan: str) -> None:
    fails("ARM-010", with_plan(plan, "SigninLogs | take 1"), "table_unqueryable", f"SigninLogs ({plan})")


def test_rules_without_tables_of_another_plan() -> None:
    there = with_plan("Basic", "MySigninLogs_CL | take 1")
    for rule in there.tenant.workspace.content["alertRules"][1:]:
        rule["properties"]["query"] = "SecurityAlert | take 1"
    ends("ARM-010", there, "passed")


def test_comments_and_strings_of_rules_name_no_tables(subtests: pytest.Subtests) -> None:
    for code, names in (
        ("SecurityAlert // SigninLogs", False),
        ("SecurityAlert | where A == 'SigninLogs'", False),
        (r'SecurityAlert | where A == "a \" SigninLogs"', False),
        ('SecurityAlert | where A == @"c:\\" and B == "SigninLogs"', False),
        ("let text = ```SigninLogs\nSigninLogs```; SecurityAlert", False),
        ("SecurityAlert | where Url == 'https://x' | join SigninLogs on A", True),
        ('union table("SigninLogs"), SecurityAlert', True),
    ):
        with subtests.test(code=code):
            assert ("SigninLogs" in words(code)) is names


def retention(**days: Any) -> Any:
    return lambda body: body["value"][0]["properties"].update(days)


def test_tables_that_keep_rows_for_less_than_expected() -> None:
    there = world(expect=Expect(min_retention_days=90))
    ends("ARM-011", there, "passed")
    fails("ARM-011", changed(there, "arm.tables", retention(retentionInDays=30)), "data_stale", "(30 days)")
    ends("ARM-011", world(), "not_configured")


def test_retention_of_the_workspace_and_of_temporary_tables_is_not_short(subtests: pytest.Subtests) -> None:
    there = world(expect=Expect(min_retention_days=90))
    ends("ARM-011", changed(there, "arm.tables", retention(retentionInDays=-1, totalRetentionInDays=-1)), "passed")
    for kind in ("SearchResults", "RestoredLogs"):
        with subtests.test(kind=kind):
            short = changed(there, "arm.tables", retention(retentionInDays=30, schema={"tableType": kind}))
            ends("ARM-011", short, "passed")


def test_a_total_retention_that_is_shorter_than_the_interactive_one() -> None:
    there = changed(world(), "arm.tables", retention(retentionInDays=90, totalRetentionInDays=30))
    fails("ARM-012", there, "data_stale", "total retention")
    longer = changed(world(), "arm.tables", retention(retentionInDays=90, totalRetentionInDays=730))
    ends("ARM-012", longer, "passed")
