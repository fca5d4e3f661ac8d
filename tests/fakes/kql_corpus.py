"""Queries as connectors, workbooks and detections write them, each with its rows computed in plain Python.

Rows are tuples in the format of the wire. ``ORDERED`` queries sort; the rows of the others may come in any order.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Wire = tuple[Any, ...]


@dataclass(frozen=True)
class Tables:
    """The rows of the tables of a workspace, and the moment of the query."""

    rows: dict[str, list[Row]]
    now: datetime

    def __call__(self, name: str, days: float | None = None) -> list[Row]:
        """Return the rows of a table, or only those of the last ``days``."""
        rows = self.rows[name]
        return rows if days is None else [row for row in rows if row["TimeGenerated"] > self.now - timedelta(days=days)]

    def latest(self) -> list[Row]:
        """Return the latest row of each incident."""
        newest_of: dict[int, Row] = {}
        for row in self.rows["SecurityIncident"]:
            before = newest_of.get(row["IncidentNumber"])
            if before is None or row["LastModifiedTime"] > before["LastModifiedTime"]:
                newest_of[row["IncidentNumber"]] = row
        return list(newest_of.values())


Expected = Callable[[Tables], Iterable[Wire]]


def wire(time: datetime) -> str:
    """Return a time as the query API writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def floor(time: datetime, hours: int) -> datetime:
    """Return the start of the interval of so many hours in which a time is."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return start + (time - start) // timedelta(hours=hours) * timedelta(hours=hours)


def counts(values: Iterable[Any]) -> list[Wire]:
    """Return each value with how often it occurs."""
    return [(*(key if isinstance(key, tuple) else (key,)), number) for key, number in Counter(values).items()]


def pick(rows: Iterable[Row], *names: str) -> list[Wire]:
    """Return the named columns of rows, times as the query API writes them."""
    return [tuple(wire(row[n]) if isinstance(row[n], datetime) else row[n] for n in names) for row in rows]


def groups(rows: Iterable[Row], key: str) -> dict[Any, list[Row]]:
    """Return rows by the value of a column."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def newest(rows: Iterable[Row], key: str = "TimeGenerated") -> list[Row]:
    """Return rows by a column, largest first."""
    return sorted(rows, key=lambda row: row[key], reverse=True)


def entities(alert: Row) -> list[Row]:
    """Return the entities of an alert's row."""
    entities: list[Row] = json.loads(alert["Entities"])
    return entities


INCIDENT, ALERT, SIGN_IN, AUDIT, OFFICE = (
    "SecurityIncident",
    "SecurityAlert",
    "SigninLogs",
    "AuditLogs",
    "OfficeActivity",
)
LATEST = "SecurityIncident | summarize arg_max(LastModifiedTime, *) by IncidentNumber"

ORDERED: list[tuple[str, Expected]] = [
    (f"{LATEST} | where Status != 'Closed' | order by IncidentNumber desc | project IncidentNumber, Title, Status",
     lambda t: pick(newest([o for o in t.latest() if o["Status"] != "Closed"], "IncidentNumber"), "IncidentNumber", "Title", "Status")),
    ("SecurityIncident | top 3 by TimeGenerated desc | project IncidentNumber, TimeGenerated",
     lambda t: pick(newest(t(INCIDENT))[:3], "IncidentNumber", "TimeGenerated")),
    ("SigninLogs | sort by TimeGenerated asc | project TimeGenerated, UserPrincipalName | limit 4",
     lambda t: pick(newest(t(SIGN_IN))[::-1][:4], "TimeGenerated", "UserPrincipalName")),
    ("SigninLogs | summarize Count = count() by Location | sort by Count desc, Location asc",
     lambda t: sorted(counts(o["Location"] for o in t(SIGN_IN)), key=lambda x: (-x[1], x[0]))),
    ("Usage | where TimeGenerated > ago(1d) | summarize GB = round(sum(Quantity) / 1000, 6) by DataType | sort by GB desc",
     lambda t: sorted(((k, round(sum(o["Quantity"] for o in v) / 1000, 6)) for k, v in groups(t("Usage", 1), "DataType").items()), key=lambda x: -x[1])),
    ("AuditLogs | sort by TimeGenerated | project OperationName | serialize",
     lambda t: pick(newest(t(AUDIT)), "OperationName")),
    ("SecurityAlert | summarize Last = max(TimeGenerated) by ProductName | order by Last desc",
     lambda t: sorted(((k, wire(max(o["TimeGenerated"] for o in v))) for k, v in groups(t(ALERT), "ProductName").items()), key=lambda x: x[1], reverse=True)),
    ("SigninLogs | summarize count() by bin(TimeGenerated, 1d) | order by TimeGenerated asc",
     lambda t: sorted(counts(wire(floor(o["TimeGenerated"], 24)) for o in t(SIGN_IN)))),
    ("OfficeActivity | order by OfficeId asc | project-keep Operation, OfficeId | project OfficeId, Operation",
     lambda t: sorted(pick(t(OFFICE), "OfficeId", "Operation"))),
    ("ThreatIntelIndicators | where IsActive | order by Confidence desc | project ObservableValue, Confidence",
     lambda t: pick(newest([o for o in t("ThreatIntelIndicators") if o["IsActive"]], "Confidence"), "ObservableValue", "Confidence")),
    ("SigninLogs | sort by TimeGenerated asc | extend before = prev(IPAddress) | project before, IPAddress",
     lambda t: [("" if n == 0 else a[n - 1], address) for a in [[o["IPAddress"] for o in newest(t(SIGN_IN))[::-1]]] for n, address in enumerate(a)]),
    ("range n from 1 to 4 step 1 | extend square = n * n | sort by n desc", lambda t: [(n, n * n) for n in (4, 3, 2, 1)]),
    ("SecurityIncident | distinct Title | sort by Title asc | take 3", lambda t: sorted({(o["Title"],) for o in t(INCIDENT)})[:3]),
]  # fmt: skip

UNORDERED: list[tuple[str, Expected]] = [
    ("SecurityIncident | count", lambda t: [(len(t(INCIDENT)),)]),
    ("SecurityIncident | where TimeGenerated > ago(1d) | count", lambda t: [(len(t(INCIDENT, 1)),)]),
    (f"{LATEST} | summarize count() by Severity", lambda t: counts(o["Severity"] for o in t.latest())),
    (f"{LATEST} | summarize count() by Status, Severity", lambda t: counts((o["Status"], o["Severity"]) for o in t.latest())),
    (f"{LATEST} | where Status == 'Closed' | extend Minutes = datetime_diff('minute', ClosedTime, CreatedTime) | project IncidentNumber, Minutes",
     lambda t: [(o["IncidentNumber"], 25) for o in t.latest() if o["Status"] == "Closed"]),
    (f"{LATEST} | where Severity in ('High', 'Medium') | project IncidentNumber, IncidentName",
     lambda t: pick((o for o in t.latest() if o["Severity"] in ("High", "Medium")), "IncidentNumber", "IncidentName")),
    (f"{LATEST} | extend Alerts = array_length(AlertIds) | project IncidentNumber, Alerts",
     lambda t: [(o["IncidentNumber"], len(json.loads(o["AlertIds"]))) for o in t.latest()]),
    (f"{LATEST} | mv-expand AlertId = AlertIds to typeof(string) | project IncidentNumber, AlertId",
     lambda t: [(o["IncidentNumber"], a) for o in t.latest() for a in json.loads(o["AlertIds"])]),
    (f"{LATEST} | mv-expand AlertIds | extend AlertId = tostring(AlertIds) | join kind=inner (SecurityAlert | project SystemAlertId, AlertName) on $left.AlertId == $right.SystemAlertId | project IncidentNumber, AlertName",
     lambda t: [(o["IncidentNumber"], o["Title"]) for o in t.latest() for a in json.loads(o["AlertIds"])]),
    ("SecurityIncident | where Title has 'powershell' | summarize by IncidentNumber",
     lambda t: sorted({(o["IncidentNumber"],) for o in t(INCIDENT) if "powershell" in o["Title"].lower().split()})),
    ("SecurityIncident | where Title contains 'POWER' | count", lambda t: [(sum("power" in o["Title"].lower() for o in t(INCIDENT)),)]),
    ("SecurityIncident | where Title contains_cs 'POWER' | count", lambda t: [(0,)]),
    ("SecurityIncident | where Title startswith 'sign' | count", lambda t: [(sum(o["Title"].lower().startswith("sign") for o in t(INCIDENT)),)]),
    ("SecurityIncident | where Status =~ 'closed' | count", lambda t: [(sum(o["Status"] == "Closed" for o in t(INCIDENT)),)]),
    ("SecurityIncident | where Severity !in ('High', 'Low') | count", lambda t: [(sum(o["Severity"] not in ("High", "Low") for o in t(INCIDENT)),)]),
    ("SecurityIncident | where isnotempty(Classification) | count", lambda t: [(sum(bool(o["Classification"]) for o in t(INCIDENT)),)]),
    ("SecurityIncident | where isnull(ClosedTime) | count", lambda t: [(sum(o["ClosedTime"] is None for o in t(INCIDENT)),)]),
    ("SecurityIncident | extend Count = toint(AdditionalData.alertsCount) | summarize sum(Count)",
     lambda t: [(sum(json.loads(o["AdditionalData"])["alertsCount"] for o in t(INCIDENT)),)]),
    ("SecurityIncident | extend Tactic = tostring(AdditionalData.tactics[0]) | summarize count() by Tactic",
     lambda t: counts(json.loads(o["AdditionalData"])["tactics"][0] for o in t(INCIDENT))),
    ("SecurityIncident | summarize First = min(CreatedTime), Last = max(CreatedTime)",
     lambda t: [(wire(min(o["CreatedTime"] for o in t(INCIDENT))), wire(max(o["CreatedTime"] for o in t(INCIDENT))))]),
    ("SecurityIncident | where CreatedTime between (ago(2d) .. ago(1d)) | summarize dcount(IncidentNumber)",
     lambda t: [(len({o["IncidentNumber"] for o in t(INCIDENT) if timedelta(days=1) <= t.now - o["CreatedTime"] <= timedelta(days=2)}),)]),
    ("SecurityIncident | summarize Changes = count() by IncidentNumber | where Changes > 1 | count",
     lambda t: [(sum(n > 1 for n in Counter(o["IncidentNumber"] for o in t(INCIDENT)).values()),)]),
    ("SecurityIncident | extend Age = now() - CreatedTime | where Age < 12h | summarize by IncidentNumber",
     lambda t: sorted({(o["IncidentNumber"],) for o in t(INCIDENT) if t.now - o["CreatedTime"] < timedelta(hours=12)})),
    ("SecurityIncident | project Level = case(Severity == 'High', 3, Severity == 'Medium', 2, 1) | summarize count() by Level",
     lambda t: counts({"High": 3, "Medium": 2}.get(o["Severity"], 1) for o in t(INCIDENT))),
    ("SecurityIncident | project Open = iff(Status == 'Closed', 'no', 'yes') | summarize count() by Open",
     lambda t: counts("no" if o["Status"] == "Closed" else "yes" for o in t(INCIDENT))),
    ("SecurityIncident | summarize countif(Status == 'New'), countif(Status == 'Closed')",
     lambda t: [(sum(o["Status"] == "New" for o in t(INCIDENT)), sum(o["Status"] == "Closed" for o in t(INCIDENT)))]),
    ("SecurityIncident | project Link = strcat(IncidentNumber, ': ', Title) | distinct Link",
     lambda t: sorted({(f"{o['IncidentNumber']}: {o['Title']}",) for o in t(INCIDENT)})),
    ("SecurityIncident | project Day = format_datetime(CreatedTime, 'yyyy-MM-dd') | summarize count() by Day",
     lambda t: counts(o["CreatedTime"].strftime("%Y-%m-%d") for o in t(INCIDENT))),
    ("SecurityIncident | project Day = startofday(CreatedTime) | distinct Day", lambda t: sorted({(wire(floor(o["CreatedTime"], 24)),) for o in t(INCIDENT)})),
    ("let High = SecurityIncident | where Severity == 'High'; High | summarize dcount(IncidentNumber)",
     lambda t: [(len({o["IncidentNumber"] for o in t(INCIDENT) if o["Severity"] == "High"}),)]),
    ("let since = ago(36h); SecurityAlert | where TimeGenerated >= since | count", lambda t: [(sum(o["TimeGenerated"] >= t.now - timedelta(hours=36) for o in t(ALERT)),)]),
    ("SecurityAlert | summarize count() by AlertSeverity, ProductName", lambda t: counts((o["AlertSeverity"], o["ProductName"]) for o in t(ALERT))),
    ("SecurityAlert | where Tactics has 'Execution' | project SystemAlertId", lambda t: pick((o for o in t(ALERT) if o["Tactics"] == "Execution"), "SystemAlertId")),
    ("SecurityAlert | extend Entities = todynamic(Entities) | mv-expand Entities | where Entities.Type == 'host' | project Host = tostring(Entities.HostName)",
     lambda t: [(e["HostName"],) for o in t(ALERT) for e in entities(o) if e["Type"] == "host"]),
    ("SecurityAlert | extend E = parse_json(Entities) | extend Host = strcat(E[0].HostName, '.', E[0].DnsDomain) | summarize count() by Host",
     lambda t: counts(f"{entities(o)[0]['HostName']}.{entities(o)[0]['DnsDomain']}" for o in t(ALERT))),
    ("SecurityAlert | extend Technique = tostring(parse_json(Techniques)[0]) | distinct Technique", lambda t: sorted({(json.loads(o["Techniques"])[0],) for o in t(ALERT)})),
    ("SecurityAlert | summarize make_set(AlertSeverity) by ProductName | extend n = array_length(set_AlertSeverity) | project ProductName, n",
     lambda t: [(k, len({o["AlertSeverity"] for o in v})) for k, v in groups(t(ALERT), "ProductName").items()]),
    ("SecurityAlert | where CompromisedEntity endswith '.corp.example' | count", lambda t: [(sum(o["CompromisedEntity"].endswith(".corp.example") for o in t(ALERT)),)]),
    ("SecurityAlert | extend Host = tostring(split(CompromisedEntity, '.')[0]) | summarize count() by Host", lambda t: counts(o["CompromisedEntity"].split(".")[0] for o in t(ALERT))),
    ("SecurityAlert | parse CompromisedEntity with * '.' Domain:string | summarize count() by Domain", lambda t: [("corp.example", len(t(ALERT)))]),
    ("SecurityAlert | extend Number = extract('-([0-9]+)', 1, CompromisedEntity) | distinct Number", lambda t: sorted({(o["CompromisedEntity"].split(".")[0].rsplit("-", 1)[1],) for o in t(ALERT)})),
    ("SecurityAlert | where AlertName matches regex '^(Brute|Mass)' | summarize dcount(AlertName)", lambda t: [(len({o["AlertName"] for o in t(ALERT) if o["AlertName"].startswith(("Brute", "Mass"))}),)]),
    ("SecurityAlert | where not(IsIncident) | count", lambda t: [(len(t(ALERT)),)]),
    ("SecurityAlert | extend Delay = ProcessingEndTime - EndTime | distinct Delay", lambda t: [("00:01:00",)]),
    ("SecurityAlert | extend Delay = ingestion_time() - TimeGenerated | summarize max(Delay)", lambda t: [("00:04:00",)]),
    ("SecurityAlert | extend Hour = hourofday(TimeGenerated) | summarize count() by Hour", lambda t: counts(o["TimeGenerated"].hour for o in t(ALERT))),
    ("SecurityAlert | project-away Entities, ExtendedProperties | where AlertSeverity == 'Low' | project SystemAlertId", lambda t: pick((o for o in t(ALERT) if o["AlertSeverity"] == "Low"), "SystemAlertId")),
    ("SecurityAlert | project-rename Name = AlertName | summarize by Name", lambda t: sorted({(o["AlertName"],) for o in t(ALERT)})),
    ("SecurityAlert | summarize arg_max(TimeGenerated, AlertName) by AlertSeverity",
     lambda t: [(k, wire(newest(v)[0]["TimeGenerated"]), newest(v)[0]["AlertName"]) for k, v in groups(t(ALERT), "AlertSeverity").items()]),
    ("SigninLogs | where ResultType != '0' | summarize Failures = count() by UserPrincipalName", lambda t: counts(o["UserPrincipalName"] for o in t(SIGN_IN) if o["ResultType"] != "0")),
    ("SigninLogs | where ResultType == '50126' | summarize Attempts = count(), Addresses = dcount(IPAddress) by UserPrincipalName | where Attempts >= 2",
     lambda t: [(k, len(v), len({o["IPAddress"] for o in v})) for k, v in groups([o for o in t(SIGN_IN) if o["ResultType"] == "50126"], "UserPrincipalName").items() if len(v) >= 2]),
    ("SigninLogs | extend Code = toint(Status.errorCode) | where Code > 50100 | count", lambda t: [(sum(int(o["ResultType"]) > 50100 for o in t(SIGN_IN)),)]),
    ("SigninLogs | extend Country = tostring(LocationDetails.countryOrRegion) | summarize dcount(Country) by UserPrincipalName",
     lambda t: [(k, len({o["Location"] for o in v})) for k, v in groups(t(SIGN_IN), "UserPrincipalName").items()]),
    ("SigninLogs | extend OS = tostring(DeviceDetail['operatingSystem']) | distinct OS", lambda t: [("Windows10",)]),
    ("SigninLogs | where IPAddress in ((ThreatIntelIndicators | where ObservableKey == 'ipv4-addr:value' | project ObservableValue)) | count",
     lambda t: [(sum(o["IPAddress"] in ("198.51.100.7", "192.0.2.44") for o in t(SIGN_IN)),)]),
    ("SigninLogs | join kind=inner (ThreatIntelIndicators | project ObservableValue, Confidence) on $left.IPAddress == $right.ObservableValue | project UserPrincipalName, IPAddress, Confidence",
     lambda t: [(o["UserPrincipalName"], o["IPAddress"], {"198.51.100.7": 90, "192.0.2.44": 40}[o["IPAddress"]]) for o in t(SIGN_IN) if o["IPAddress"] in ("198.51.100.7", "192.0.2.44")]),
    ("SigninLogs | join kind=leftanti (ThreatIntelIndicators | project IPAddress = ObservableValue) on IPAddress | count",
     lambda t: [(sum(o["IPAddress"] not in ("198.51.100.7", "192.0.2.44") for o in t(SIGN_IN)),)]),
    ("SigninLogs | lookup kind=leftouter (ThreatIntelIndicators | project IPAddress = ObservableValue, Confidence) on IPAddress | where isnotnull(Confidence) | count",
     lambda t: [(sum(o["IPAddress"] in ("198.51.100.7", "192.0.2.44") for o in t(SIGN_IN)),)]),
    ("SigninLogs | where AppDisplayName has_any ('Azure', 'Teams') | count", lambda t: [(sum("Azure" in o["AppDisplayName"] for o in t(SIGN_IN)),)]),
    ("SigninLogs | where Location in~ ('de', 'fr') | count", lambda t: [(sum(o["Location"] in ("DE", "FR") for o in t(SIGN_IN)),)]),
    ("SigninLogs | extend Domain = tostring(split(UserPrincipalName, '@')[1]) | summarize count() by Domain", lambda t: [("corp.example", len(t(SIGN_IN)))]),
    ("SigninLogs | summarize StartTime = min(TimeGenerated), EndTime = max(TimeGenerated), Failed = countif(ResultType != '0'), Total = count() by IPAddress",
     lambda t: [(k, wire(min(o["TimeGenerated"] for o in v)), wire(max(o["TimeGenerated"] for o in v)), sum(o["ResultType"] != "0" for o in v), len(v)) for k, v in groups(t(SIGN_IN), "IPAddress").items()]),
    ("SigninLogs | summarize Rate = round(100.0 * countif(ResultType == '0') / count(), 1)", lambda t: [(round(100 * sum(o["ResultType"] == "0" for o in t(SIGN_IN)) / len(t(SIGN_IN)), 1),)]),
    ("Usage | distinct * | count", lambda t: [(len(t("Usage")),)]),
    ("SecurityAlert | parse CompromisedEntity with Kind '-' Rest | summarize count() by Kind", lambda t: counts(o["CompromisedEntity"].partition("-")[0] for o in t(ALERT))),
    ("SigninLogs | where * has 'locked' | count", lambda t: [(sum(o["ResultType"] == "50053" for o in t(SIGN_IN)),)]),
    ("SigninLogs | search 'locked' | count", lambda t: [(sum(o["ResultType"] == "50053" for o in t(SIGN_IN)),)]),
    ("SigninLogs | extend Where = column_ifexists('Country', 'unknown') | distinct Where", lambda t: [("unknown",)]),
    ("SigninLogs | extend User = tolower(UserPrincipalName), App = toupper(AppDisplayName) | distinct User, App",
     lambda t: sorted({(o["UserPrincipalName"].lower(), o["AppDisplayName"].upper()) for o in t(SIGN_IN)})),
    ("SigninLogs | extend Length = strlen(UserPrincipalName) | summarize max(Length)", lambda t: [(max(len(o["UserPrincipalName"]) for o in t(SIGN_IN)),)]),
    ("SigninLogs | extend Head = substring(IPAddress, 0, 3) | summarize count() by Head", lambda t: counts(o["IPAddress"][:3] for o in t(SIGN_IN))),
    ("SigninLogs | extend A = replace_string(Location, 'BR', 'Brazil') | where A == 'Brazil' | count", lambda t: [(sum(o["Location"] == "BR" for o in t(SIGN_IN)),)]),
    ("union SigninLogs, AuditLogs | summarize count() by Type", lambda t: [(SIGN_IN, len(t(SIGN_IN))), (AUDIT, len(t(AUDIT)))]),
    ("union withsource=Table SigninLogs, OfficeActivity | summarize n = count() by Table", lambda t: [(SIGN_IN, len(t(SIGN_IN))), (OFFICE, len(t(OFFICE)))]),
    ("union isfuzzy=true Missing_CL, Heartbeat | count", lambda t: [(len(t("Heartbeat")),)]),
    ("union (SecurityAlert | project TimeGenerated, Type), (SecurityIncident | project TimeGenerated, Type) | summarize max(TimeGenerated) by Type",
     lambda t: [(name, wire(max(o["TimeGenerated"] for o in t(name)))) for name in (ALERT, INCIDENT)]),
    ("AuditLogs | where OperationName == 'Add member to role' | extend Actor = tostring(InitiatedBy.user.userPrincipalName), Target = tostring(TargetResources[0].displayName) | project Actor, Target",
     lambda t: [("a.miller@corp.example", "j.novak@corp.example")]),
    ("AuditLogs | mv-expand TargetResources | extend Kind = tostring(TargetResources.type) | summarize count() by Kind",
     lambda t: counts(json.loads(o["TargetResources"])[0]["type"] for o in t(AUDIT))),
    ("AuditLogs | mv-apply r = TargetResources on (where r.type == 'User') | project OperationName, Kind = tostring(r.type)",
     lambda t: [(o["OperationName"], e["type"]) for o in t(AUDIT) for e in json.loads(o["TargetResources"]) if e["type"] == "User"]),
    ("AuditLogs | where Category has_cs 'RoleManagement' or Category == 'Policy' | project OperationName", lambda t: [(o["OperationName"],) for o in t(AUDIT) if o["Category"] in ("RoleManagement", "Policy")]),
    ("AuditLogs | extend Ip = tostring(parse_json(tostring(InitiatedBy.user)).ipAddress) | distinct Ip", lambda t: [("203.0.113.10",)]),
    ("OfficeActivity | where OfficeWorkload == 'SharePoint' | summarize Files = dcount(SourceFileName) by UserId | where Files > 2", lambda t: [("j.novak@corp.example", 3)]),
    ("OfficeActivity | where Operation == 'New-InboxRule' | extend P = parse_json(Parameters) | mv-expand P | where P.Name == 'ForwardTo' | project UserId, To = tostring(P.Value)",
     lambda t: [("svc-backup@corp.example", "outside@example.net")]),
    ("OfficeActivity | summarize make_list(Operation) by OfficeWorkload | project OfficeWorkload, n = array_length(list_Operation)", lambda t: counts(o["OfficeWorkload"] for o in t(OFFICE))),
    ("Heartbeat | summarize LastSeen = max(TimeGenerated) by Computer | where LastSeen < ago(1h)", lambda t: []),
    ("Heartbeat | summarize arg_max(TimeGenerated, *) by Computer | project Computer, OSType, Version", lambda t: pick(t("Heartbeat"), "Computer", "OSType", "Version")),
    ("Usage | where IsBillable == true | summarize sum(Quantity) by DataType | project DataType, MB = round(sum_Quantity, 3)",
     lambda t: [("Heartbeat", round(sum(o["Quantity"] for o in t("Usage") if o["IsBillable"]), 3))]),
    ("Usage | summarize Rows = count(), Last = max(EndTime) by bin(TimeGenerated, 12h), DataType",
     lambda t: [(wire(k[0]), k[1], len(v), wire(max(v))) for k, v in _by_half_day(t("Usage")).items()]),
    ("_LogOperation | where Category =~ 'Ingestion' and Level == 'Warning' | count", lambda t: [(0,)]),
    ("Operation | where OperationStatus == 'Error' | summarize count() by OperationCategory", lambda t: []),
    ("ThreatIntelIndicators | extend Kind = tostring(Data.indicator_types[0]) | summarize max(Confidence) by Kind", lambda t: [("malicious-activity", 90)]),
    ("SentinelHealth | summarize arg_max(TimeGenerated, Status) by SentinelResourceName | project SentinelResourceName, Status", lambda t: list({row["SentinelResourceName"]: (row["SentinelResourceName"], row["Status"]) for row in sorted(t("SentinelHealth"), key=lambda row: row["TimeGenerated"])}.values())),
    ("let Threshold = 2; let Users = dynamic(['a.miller@corp.example', 'x@y.example']); SigninLogs | where UserPrincipalName in (Users) | summarize n = count() by UserPrincipalName | where n > Threshold",
     lambda t: [("a.miller@corp.example", sum(o["UserPrincipalName"].startswith("a.m") for o in t(SIGN_IN)))]),
    ("datatable(Name: string, Level: int) ['a', 1, 'b', 2] | where Level > 1", lambda t: [("b", 2)]),
    ("print ok = 1, name = 'x', when = datetime(2026-11-01), span = 1d + 2h", lambda t: [(1, "x", "2026-11-01T00:00:00.0000000Z", "1.02:00:00")]),
    ("print toscalar(SigninLogs | count)", lambda t: [(len(t(SIGN_IN)),)]),
]  # fmt: skip


def _by_half_day(rows: Iterable[Row]) -> dict[tuple[datetime, str], list[datetime]]:
    ends: dict[tuple[datetime, str], list[datetime]] = defaultdict(list)
    for row in rows:
        ends[floor(row["TimeGenerated"], 12), row["DataType"]].append(row["EndTime"])
    return ends


REFUSED = {
    "SigninLogs | make-series n = count() on TimeGenerated step 1h": "make-series",
    "SigninLogs | distinct * | count": "*, of type dynamic, as a key",
    "SigninLogs | summarize count() by DeviceDetail": "DeviceDetail, of type dynamic, as a key",
    "SigninLogs | evaluate bag_unpack(DeviceDetail)": "evaluate",
    "SigninLogs | top-nested 2 of Location by count()": "top-nested",
    "find in (SigninLogs, AuditLogs) where CorrelationId == 'x'": "find",
    "_GetWatchlist('vip') | take 1": "_GetWatchlist()",
    "AuditLogs | mv-apply r = TargetResources on (take 1)": "take in mv-apply",
    "SigninLogs | extend place = geo_info_from_ip_address(IPAddress)": "geo_info_from_ip_address()",
}
"""Queries that are not evaluated, and the name in the refusal."""
