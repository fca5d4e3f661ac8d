"""Limits of the workspace that cause no refusal: daily cap, networks, plans and retention of tables, api-versions."""

from __future__ import annotations

from conformance.apis.arm import Provider, Table, Workspace
from conformance.apis.kql import words
from conformance.apis.sentinel import AlertRule
from conformance.apis.shape import ArmList
from conformance.checks.expect import Found, NotConfigured, fail, not_applicable, require_answer
from conformance.checks.registry import check
from conformance.checks.test_arm import UNSEEN
from conformance.checks.wording import titles
from conformance.connection import Connection
from conformance.probing.evidence import Answer, Evidence, Refusal


@check(
    "ARM-008", "the workspace is not near its daily cap", area="arm", level="should", owns=("daily_cap_reached:near",)
)
def test_near_cap(workspace: Answer[Workspace]) -> None:
    """``dataIngestionStatus`` is not ApproachingQuota. ARM-006 reports ingestion that has already stopped."""
    capping = workspace.data.properties.workspace_capping
    if capping and capping.data_ingestion_status == "ApproachingQuota":
        reset = f", which resets at {capping.quota_next_reset_time}" if capping.quota_next_reset_time else ""
        fail(
            f"The workspace approaches its daily cap{reset}: ingestion stops when it is reached"
            " (dataIngestionStatus is ApproachingQuota).",
            "daily_cap_reached",
            about="near",
            remedy="Raise or remove the daily cap, or reduce what is sent.",
        )


def is_closed(workspace: Workspace) -> bool:
    """Return whether a workspace accepts no data from public networks and has no private link either."""
    properties = workspace.properties
    return properties.public_network_access_for_ingestion == "Disabled" and not properties.private_link_scoped_resources


@check(
    "ARM-009",
    "the workspace takes data from where it comes",
    area="arm",
    level="should",
    owns=("network_access_disabled:ingestion",),
)
def test_public_ingestion(workspace: Answer[Workspace]) -> None:
    """``publicNetworkAccessForIngestion`` is Enabled, or data can arrive by a private link or a network security
    perimeter.
    """
    if is_closed(workspace.data):
        fail(
            "The workspace takes no data from public networks (publicNetworkAccessForIngestion is Disabled), and has no"
            " private link by which any could come.",
            "network_access_disabled",
            about="ingestion",
            certainty="likely",
            remedy="Connect the workspace to a private link scope, or allow ingestion from public networks on the page"
            " Network isolation.",
        )


@check(
    "ARM-010",
    "every table that enabled rules read is on a plan that rules can read",
    area="arm",
    level="should",
    reads_text=True,
    owns=("table_unqueryable:rules",),
)
def test_plans_of_rules(tables: Answer[ArmList[Table]], alert_rules: Evidence) -> None:
    """Analytics rules can read only tables of the plan Analytics. A rule that names a table of the plan Basic or
    Auxiliary fails or finds nothing.
    """
    if not isinstance(alert_rules, Answer):
        not_applicable("the rules were not read")
    rules: ArmList[AlertRule] = alert_rules.data
    plans = {table.name: table.properties.plan for table in tables.data.value}
    others = {name for name, plan in plans.items() if plan in ("Basic", "Auxiliary")}
    tables_of_rules = sorted(
        {
            f"{name} ({plans[name]}) of {rule.properties.display_name or rule.name}"
            for rule in rules.value
            if rule.kind == "Scheduled" and rule.properties.enabled
            for name in others.intersection(words(rule.properties.query or ""))
        }
    )
    if tables_of_rules:
        fail(
            f"Analytics rules read tables on a plan that they cannot read: {titles(tables_of_rules)}.",
            "table_unqueryable",
            about="rules",
            certainty="likely",
            remedy="Set these tables to the plan Analytics, or let the rules read other tables.",
        )


def is_temporary(table: Table) -> bool:
    """Return whether a table holds results of a search job or restored logs."""
    return bool(table.properties.schema and table.properties.schema.table_type in ("SearchResults", "RestoredLogs"))


@check(
    "ARM-011",
    "each table keeps its rows as long as expected",
    area="arm",
    level="should",
    owns=("data_stale:table_retention",),
)
def test_table_retention(connection: Connection, tables: Answer[ArmList[Table]]) -> None:
    """The interactive retention of each table of the plan Analytics is at least ``expect.min_retention_days``. A table
    with -1 has the workspace's retention, which ARM-006 checks. Tables of search results and restored logs are
    temporary and skipped.
    """
    expected = connection.expect.min_retention_days
    if expected is None:
        raise NotConfigured("expect.min_retention_days")
    short = [
        f"{table.name} ({retention} days)"
        for table in tables.data.value
        if table.properties.plan in (None, "Analytics")
        and not is_temporary(table)
        and (retention := table.properties.retention_in_days) is not None
        and 0 <= retention < expected
    ]
    if short:
        fail(
            f"Tables keep rows for less than the {expected} days that are expected: {titles(sorted(short))}.",
            "data_stale",
            about="table_retention",
            remedy="Raise the interactive retention of these tables.",
        )


@check(
    "ARM-012",
    "the total retention of a table is no shorter than the interactive one",
    area="arm",
    level="should",
    owns=("data_stale:total_retention",),
)
def test_total_retention(tables: Answer[ArmList[Table]]) -> None:
    """``totalRetentionInDays`` includes the interactive and the long-term retention, so it is never the shorter one."""
    odd = [
        table.name
        for table in tables.data.value
        if (retention := table.properties.retention_in_days) is not None
        and (total := table.properties.total_retention_in_days) is not None
        and 0 < total < retention
    ]
    if odd:
        fail(
            f"The total retention is shorter than the interactive one of {titles(sorted(odd))}.",
            "data_stale",
            about="total_retention",
            certainty="likely",
            remedy="Set the total retention of these tables to the days that are meant.",
        )


@check(
    "ARM-013",
    "Microsoft Sentinel's provider is registered",
    area="arm",
    level="should",
    using={"provider": "insights_provider"},
    owns=("provider_not_registered:Microsoft.SecurityInsights",),
)
@check(
    "ARM-014",
    "Log Analytics' provider is registered",
    area="arm",
    level="should",
    using={"provider": "logs_provider"},
    owns=("provider_not_registered:Microsoft.OperationalInsights",),
)
def test_registered(connection: Connection, provider: Evidence, subscription: Evidence, incidents: Evidence) -> None:
    """``registrationState`` is Registered or Registering. Only an app with a role on the subscription can see it."""
    resource_provider = visible_provider(provider, subscription)
    if resource_provider is None or resource_provider.registration_state in ("Registered", "Registering"):
        return
    if isinstance(incidents, Refusal) and incidents.finding.cause == "provider_not_registered":
        raise Found(incidents.finding, refusal=incidents)
    fail(
        f"The resource provider {resource_provider.namespace} is {resource_provider.registration_state}.",
        "provider_not_registered",
        about=resource_provider.namespace,
        facts=connection.facts(),
    )


def visible_provider(provider: Evidence, subscription: Evidence) -> Provider | None:
    """Return a provider in the subscription; None where the connection does not read it. Raises ``NotApplicable`` if
    the app may not see the subscription.
    """
    for evidence in (subscription, provider):
        if isinstance(evidence, Refusal) and evidence.finding.cause in UNSEEN:
            not_applicable("the subscription is not shown to the app, and so are its providers")
    data: Provider | None = require_answer(provider)
    return data
