"""Log ingestion with the same app: its requirements, verified by read requests only. Nothing is sent."""

from __future__ import annotations

from typing import Any

from conformance.apis import arm
from conformance.apis.actions import covers
from conformance.apis.arm import Permissions, Workspace
from conformance.apis.data_collection import SEND, DataEndpoint, Rule
from conformance.apis.shape import ArmList
from conformance.checks.expect import Found, NotConfigured, fail, not_applicable, require, require_answer
from conformance.checks.registry import check
from conformance.checks.test_arm_limits import is_closed
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.data_collection import flows_here, flows_of, of_ingestion, table_of
from conformance.probing.evidence import Answer, Evidence, NotAsked, Refusal

SENDER_ROLE = "Monitoring Metrics Publisher"


def visible_data(connection: Connection, evidence: Evidence) -> Any:
    """Return the data of an answer about the connection's rule.

    Raises :class:`NotApplicable` if the app may not read it: sending does not need that right, and ING-002 warns about
    it. Raises :class:`Found` for any other refusal, and :class:`NotConfigured` for a connection without a rule.
    """
    of_ingestion(connection)
    if isinstance(evidence, Refusal) and evidence.finding.about == "ingestion":
        not_applicable("the app may not look at the rule, which sending does not need")
    data = require_answer(evidence)
    if data is None:
        not_applicable(evidence.reason if isinstance(evidence, NotAsked) else "the rule was not read")
    return data


@check("ING-001", "the data collection rule exists", owns=("object_not_found:rule",))
def test_rule(connection: Connection, data_collection_rule: Evidence) -> None:
    """The resource named in ``ingestion.rule`` answers and has that name."""
    rule: Rule = visible_data(connection, data_collection_rule)
    same = rule.id.lower() == of_ingestion(connection).rule.lower()
    require(same, f"Another rule came back than asked for: {rule.id}.", promise="data-collection-rule")


@check("ING-002", "the data collection rule may be looked at", level="should", owns=("rbac_role_missing:ingestion",))
def test_rule_readable(connection: Connection, data_collection_rule: Evidence, rule_permissions: Evidence) -> None:
    """Sending does not need the right to read the rule, but without it the rule cannot be verified."""
    of_ingestion(connection)
    for evidence in (data_collection_rule, rule_permissions):
        if isinstance(evidence, Refusal) and evidence.finding.about == "ingestion":
            raise Found(evidence.finding, refusal=evidence)
    if not isinstance(data_collection_rule, Answer):
        not_applicable("the rule was not read for another reason")


@check("ING-003", "the rule has the stream", cause="config_invalid")
def test_stream(connection: Connection, data_collection_rule: Evidence) -> None:
    """A data flow of the rule takes the stream. A custom stream is also declared in the rule."""
    rule: Rule = visible_data(connection, data_collection_rule)
    stream, properties = of_ingestion(connection).stream, rule.properties
    flowing = sorted({name for flow in properties.data_flows or () for name in flow.streams or ()})
    if stream not in flowing:
        listing = ", ".join(flowing) or "none"
        fail(
            f"No data flow of the rule takes the stream {stream}; those that it takes: {listing}.",
            "config_invalid",
            about="ingestion",
            promise="data-collection-rule",
        )
    declared = properties.stream_declarations or {}
    if stream.startswith("Custom-") and declared and stream not in declared:
        fail(
            f"The rule does not declare the columns of {stream}.",
            "config_invalid",
            about="ingestion",
            promise="data-collection-rule",
        )


@check("ING-004", "the rule sends the stream to this workspace", owns=("workspace_id_mismatch:ingestion",))
def test_destination(connection: Connection, data_collection_rule: Evidence) -> None:
    """The destination is compared by ARM id or by workspace id. If several flows take the stream, one with this
    workspace is enough.
    """
    rule: Rule = visible_data(connection, data_collection_rule)
    stream = of_ingestion(connection).stream
    flows = flows_of(rule, stream)
    if not flows:
        not_applicable("no data flow of the rule takes the stream")
    if flows_here(rule, stream, connection):
        return
    destinations = {name for flow in flows for name in flow.destinations or ()}
    elsewhere = [
        place.workspace_resource_id or place.workspace_id or "?"
        for place in (rule.properties.destinations and rule.properties.destinations.log_analytics) or ()
        if place.name in destinations
    ]
    fail(
        f"The rule sends {stream} to {', '.join(elsewhere) or 'no workspace'}, not to {connection.workspace_name}.",
        "workspace_id_mismatch",
        about="ingestion",
        remedy="Decide which workspace is meant: give the sender the rule that ends in it, and that rule in"
        " ingestion.rule, or give workspace_id and workspace_name of the workspace that the rule names.",
        promise="data-collection-rule",
    )


@check("ING-005", "the table that the rows end in exists", owns=("table_missing:ingestion",))
def test_table(
    connection: Connection, data_collection_rule: Evidence, ingestion_table: Evidence, tables: Evidence
) -> None:
    """The table of the flow's output stream exists in the workspace that the rule sends to. If several flows take the
    stream, all their tables exist.
    """
    stream = of_ingestion(connection).stream
    flows = flows_here(visible_data(connection, data_collection_rule), stream, connection)
    names = list(dict.fromkeys(table_of(flow, stream) for flow in flows))
    missing: list[str] = []
    if isinstance(ingestion_table, Refusal) and ingestion_table.finding.cause == "object_not_found":
        missing += names[:1]
    if isinstance(tables, Answer) and not tables.data.next_link:
        listed = {table.name.lower() for table in tables.data.value}
        missing += [name for name in names[1:] if name.lower() not in listed]
    if missing:
        fail(
            f"The workspace has no table {' and no table '.join(missing)}: what the rule sends there is lost.",
            "table_missing",
            about="ingestion",
            remedy="Create the table in the workspace (Log Analytics workspace > Tables > Create), or correct"
            " outputStream in the data flow of the rule.",
            promise="data-collection-rule",
        )
    if isinstance(ingestion_table, Refusal) and not connection.calls(arm.TABLE):
        not_applicable("the app may not look at the workspace's tables, which neither sending nor its profile needs")
    if require_answer(ingestion_table) is None:
        not_applicable("the rule does not send the stream to this workspace")


PRIVATE = (
    "Send from inside the private network, through the Azure Monitor private link scope; or its owner opens it to"
    " public networks, if it is not closed on purpose."
)


def own_url(rule: Rule) -> str | None:
    """Return the log ingestion URL of the rule itself, or None."""
    return rule.properties.endpoints.logs_ingestion if rule.properties.endpoints else None


def is_own_host(rule: Rule, endpoint: str | None) -> bool:
    """Return whether a sender's endpoint is the rule's own, not that of its endpoint resource."""
    url = own_url(rule)
    return bool(url and endpoint and url.rstrip("/").lower() == endpoint.rstrip("/").lower())


@check("ING-006", "the sender's endpoint is the rule's", cause="config_invalid")
def test_endpoint(connection: Connection, data_collection_rule: Evidence, data_collection_endpoint: Evidence) -> None:
    """The host of ``ingestion.endpoint`` is that of the rule, or of the endpoint resource named in the rule."""
    configured, rule = of_ingestion(connection).endpoint, visible_data(connection, data_collection_rule)
    if configured is None:
        raise NotConfigured("ingestion.endpoint")
    urls = [own_url(rule)]
    if isinstance(data_collection_endpoint, Answer):
        resource: DataEndpoint = data_collection_endpoint.data
        host = resource.properties.logs_ingestion
        urls.append(host.endpoint if host else None)
    hosts = [url.rstrip("/").lower() for url in urls if url]
    if not hosts:
        not_applicable("the rule shows no host, and its endpoint resource could not be read")
    if configured.rstrip("/").lower() not in hosts:
        fail(
            f"The rule takes rows at {hosts[0]}; the sender is configured with {configured}.",
            "config_invalid",
            about="ingestion",
            promise="data-collection-endpoint",
        )


@check(
    "ING-007",
    "rows may be sent from public networks",
    level="should",
    owns=("network_access_disabled:ingestion",),
)
def test_network(
    connection: Connection, workspace: Evidence, data_collection_rule: Evidence, data_collection_endpoint: Evidence
) -> None:
    """The endpoint resource and the workspace accept data from public networks. This does not affect a sender in the
    private network. If the sender uses the rule's own host, the endpoint resource does not count.
    """
    endpoint = of_ingestion(connection).endpoint
    own_host = isinstance(data_collection_rule, Answer) and is_own_host(data_collection_rule.data, endpoint)
    if isinstance(data_collection_endpoint, Answer) and not own_host:
        resource: DataEndpoint = data_collection_endpoint.data
        rules = resource.properties.network_acls
        if rules and rules.public_network_access == "Disabled":
            fail(
                f"The data collection endpoint {resource.name} takes rows from private networks only.",
                "network_access_disabled",
                about="ingestion",
                remedy=PRIVATE,
            )
    if isinstance(workspace, Answer):
        there: Workspace = workspace.data
        if is_closed(there):
            not_applicable("the workspace takes no data from anywhere: see ARM-009")
        if there.properties.public_network_access_for_ingestion == "Disabled":
            fail(
                f"The workspace {there.name} takes rows from private networks only.",
                "network_access_disabled",
                about="ingestion",
                remedy=PRIVATE,
            )
    if not isinstance(data_collection_endpoint, Answer) and not isinstance(workspace, Answer):
        not_applicable("neither the endpoint nor the workspace was read")


def _unseen() -> Finding:
    return finding(
        "unknown",
        about="sending",
        certainty="likely",
        also=("rbac_role_missing",),
        explanation=f"Whether the app may send to the data collection rule is not known: it may not look at its own"
        f" permissions there. {SENDER_ROLE} does not allow that, so it may have that role, or none at all.",
        remedy=f"Look in the Azure portal whether the app has {SENDER_ROLE} on the rule: Data collection rules > the"
        " rule > Access control (IAM) > Role assignments. Or let the app look at the rule, as ING-002 says, and verify"
        " again.",
        owner="azure-admin",
    )


@check("ING-008", f"{SENDER_ROLE} lets the app send to the rule", owns=("rbac_role_missing:sending",))
def test_may_send(connection: Connection, rule_permissions: Evidence) -> None:
    """The effective permissions at the rule include the data action for log ingestion. If the app may not read them,
    the result is unknown: read requests cannot distinguish a role for sending only from no role.
    """
    if isinstance(rule_permissions, Refusal) and rule_permissions.finding.about == "ingestion":
        raise Found(_unseen(), refusal=rule_permissions)
    permissions: ArmList[Permissions] = visible_data(connection, rule_permissions)
    if any(
        covers(grant.data_actions, SEND) and not covers(grant.not_data_actions, SEND) for grant in permissions.value
    ):
        return
    fail(
        f"No role of the app allows {SEND} on the data collection rule: what it sends is refused with 403.",
        "rbac_role_missing",
        about="sending",
        facts={
            **connection.facts(),
            "kind": " ".join(("sending", *connection.kinds)),
            "role": SENDER_ROLE,
            "scope": of_ingestion(connection).rule,
            "action": SEND,
        },
        promise="log-ingestion-role",
    )
