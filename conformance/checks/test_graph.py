"""Microsoft Graph security."""

from __future__ import annotations

from conformance.apis.graph import Alert, Incident, SecureScore
from conformance.apis.sentinel import Incident as SentinelIncident
from conformance.apis.shape import ArmList, ODataList
from conformance.checks.expect import fail, not_applicable, repeats, requested_id, require, require_answer
from conformance.checks.registry import check
from conformance.connection import Connection
from conformance.probing.evidence import Answer, Evidence
from conformance.probing.following import is_settled
from conformance.probing.graph import PAGE, names
from conformance.probing.tokens import Token


@check(
    "GRAPH-001",
    "security alerts can be listed, and one read by its id",
    owns=("licence_missing:graph", "app_role_missing:graph"),
)
def test_alerts(graph_alerts: Answer[ODataList[Alert]], graph_alert: Evidence) -> None:
    """``alerts_v2`` has its documented shape. The status 200 alone does not prove the permission: PERM-001 checks the
    token.
    """
    data: Alert | None = require_answer(graph_alert)
    same = data is None or data.id == requested_id(graph_alert)
    require(same, "Another alert came back than asked for.", promise="graph-by-id")


@check("GRAPH-002", "security incidents can be listed, and one read by its id")
def test_incidents(graph_incidents: Answer[ODataList[Incident]], graph_incident: Evidence) -> None:
    """The list is requested with ``$top`` of 50, the maximum of this route. The alerts of an incident are not
    requested: ``$expand`` of one incident is not documented.
    """
    listed = graph_incidents.data.value
    require(len(listed) <= 50, f"$top=50 gave {len(listed)} incidents.", promise="graph-options")
    data: Incident | None = require_answer(graph_incident)
    same = data is None or data.id == requested_id(graph_incident)
    require(same, "Another incident came back than asked for.", promise="graph-by-id")


@check("GRAPH-003", "paging, $filter and $count of security alerts do what they say", moving=True)
def test_options(
    graph_alerts: Answer[ODataList[Alert]], graph_alerts_filtered: Answer[ODataList[Alert]], graph_alerts_next: Evidence
) -> None:
    """The next link leads to at least one alert that is not on the first page. A filter on severity returns only that
    severity. The count is at least the number of listed alerts.
    """
    listed, filtered, pages = graph_alerts.data, graph_alerts_filtered.data.value, require_answer(graph_alerts_next)
    require(len(listed.value) <= PAGE, f"$top={PAGE} gave {len(listed.value)} alerts.", promise="graph-options")
    require(
        listed.count is None or listed.count >= len(listed.value),
        f"@odata.count is {listed.count}, less than the page.",
        promise="graph-options",
    )
    others = {row.severity for row in filtered} - {"high"}
    require(
        not others,
        f"$filter on severity high gave {', '.join(sorted(map(str, others)))}.",
        promise="graph-options",
    )
    require(len(filtered) <= 2, "$top=2 gave more than 2 alerts.", promise="graph-options")
    if pages is not None:
        first, second = pages.first, pages.second
        require(
            not repeats(names(first), names(second)),
            "The second page has no alert that the first has not.",
            promise="graph-next-link",
        )
        require(
            second.next_link is None or second.next_link != first.next_link,
            "The second page's next link leads to itself.",
            promise="graph-next-link",
        )


@check("GRAPH-004", "secure scores can be read", level="should")
def test_secure_scores(secure_scores: Answer[ODataList[SecureScore]]) -> None:
    """Secure scores are the only data that SecurityEvents.Read.All still gives access to."""
    for score in secure_scores.data.value:
        if score.current_score is not None and score.max_score is not None:
            require(
                0 <= score.current_score <= score.max_score, f"A score of {score.current_score} of {score.max_score}."
            )


@check("GRAPH-005", "the connection does not depend on the retired alerts route", level="should")
def test_not_retired(token_graph: Answer[Token]) -> None:
    """``/security/alerts`` ended on 2026-10-15. SecurityEvents.Read.All without SecurityAlert.Read.All gives access to
    no alerts.
    """
    roles = set(token_graph.data.roles)
    events = roles & {"SecurityEvents.Read.All", "SecurityEvents.ReadWrite.All"}
    alerts = {role for role in roles if role.startswith(("SecurityAlert.", "SecurityIncident."))}
    if events and not alerts:
        fail(
            "The only Graph permission is SecurityEvents.Read.All, and the alerts route that it opened was"
            " retired on 2026-10-15.",
            "api_retired",
            about="graph",
        )


def of_sentinel(incident: SentinelIncident) -> bool:
    """Return whether Sentinel itself raised the incident or an alert in it. Incidents of other products reach Graph
    without Sentinel.
    """
    data = incident.properties.additional_data
    names = (incident.properties.provider_name, *((data.alert_product_names if data else None) or ()))
    return any(name and "Sentinel" in name for name in names)


@check(
    "GRAPH-006",
    "Sentinel's alerts are seen in Graph",
    level="should",
    owns=("defender_portal_not_connected",),
    moving=True,
)
def test_portal_connected(
    connection: Connection,
    graph_sentinel_alerts: Answer[ODataList[Alert]],
    incidents: Evidence,
) -> None:
    """Graph has Sentinel's alerts only after the workspace is connected to the Defender portal. An empty list is judged
    by comparing it with Sentinel's own incidents.
    """
    if graph_sentinel_alerts.data.value:
        return
    if not isinstance(incidents, Answer):
        not_applicable("Sentinel's own incidents were not read, so there is nothing to compare with")
    sentinel: ArmList[SentinelIncident] = incidents.data
    now = graph_sentinel_alerts.exchange.date
    if not any(
        incident.alerts_count and of_sentinel(incident) and is_settled(incident.properties.created_time_utc, now)
        for incident in sentinel.value
    ):
        not_applicable(
            "among Sentinel's newest incidents is none that is older than minutes and has an alert of its own"
        )
    fail(
        "Sentinel has incidents with alerts of its own, and Graph shows none of them: the workspace is not connected"
        " to the Defender portal.",
        "defender_portal_not_connected",
        certainty="likely",
        facts=connection.facts(),
    )
