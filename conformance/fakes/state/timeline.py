"""The incidents of the virtual tenant, from which all APIs derive their own representations.

Sentinel's REST API, the tables behind Log Analytics, Graph and Defender for Endpoint derive their bodies from the same
timeline, so that all routes agree. Everything is made up; times are relative to the tenant's clock.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

Severity = Literal["Informational", "Low", "Medium", "High"]
Status = Literal["New", "Active", "Closed"]
Product = Literal["Microsoft Sentinel", "Microsoft Defender for Endpoint"]

NAMESPACE = uuid.UUID("5e271e1c-0f0e-4c0f-a11c-c0ffee000000")


@lru_cache(maxsize=4096)
def stable_id(*parts: object) -> str:
    """Return a GUID that is the same in every run for the same parts."""
    return str(uuid.uuid5(NAMESPACE, "/".join(str(part) for part in parts)))


def stamp(time: datetime) -> str:
    """Return a time (UTC) as the services write it, with seven fraction digits."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


@dataclass(frozen=True)
class Host:
    name: str
    domain: str
    address: str

    @property
    def machine_id(self) -> str:
        """Return the machine's id in Defender for Endpoint: 40 hexadecimal digits."""
        return uuid.uuid5(NAMESPACE, self.name).hex + uuid.uuid5(NAMESPACE, self.domain).hex[:8]

    @property
    def dns_name(self) -> str:
        """Return its full name."""
        return f"{self.name}.{self.domain}"


@dataclass(frozen=True)
class Account:
    name: str
    display_name: str
    domain: str

    @property
    def upn(self) -> str:
        """Return its user principal name."""
        return f"{self.name}@{self.domain}"

    @property
    def nt_domain(self) -> str:
        """Return the short name of the domain."""
        return self.domain.partition(".")[0].upper()

    @property
    def object_id(self) -> str:
        """Return its id in Microsoft Entra: always the same for one user principal name."""
        return stable_id("account", self.upn)


@dataclass(frozen=True)
class Alert:
    """An alert: the product that raised it, the machine and the account."""

    id: str
    title: str
    severity: Severity
    product: Product
    tactic: str
    technique: str
    at: datetime
    host: Host
    account: Account


@dataclass(frozen=True)
class Person:
    """A user or app that owns an incident or writes on it; a service principal has no address."""

    object_id: str | None
    name: str | None
    email: str | None = None
    upn: str | None = None


@dataclass(frozen=True)
class Comment:
    id: str
    text: str
    created: datetime
    changed: datetime
    author: Person


@dataclass(frozen=True)
class Task:
    """A task of an incident. ``status``: ``New`` or ``Completed``."""

    id: str
    title: str
    description: str
    status: str
    created: datetime
    changed: datetime
    author: Person


@dataclass(frozen=True)
class Incident:
    """An incident. ``revision`` counts its changes; ``provider`` names the product that created it."""

    number: int
    id: str
    title: str
    severity: Severity
    status: Status
    created: datetime
    modified: datetime
    alerts: tuple[Alert, ...]
    comments: tuple[Comment, ...] = ()
    bookmarks: int = 0
    description: str = ""
    owner: Person | None = None
    labels: tuple[str, ...] = ()
    classification: str | None = None
    classification_reason: str | None = None
    classification_comment: str | None = None
    tasks: tuple[Task, ...] = ()
    related: tuple[tuple[str, str], ...] = ()
    """Relations to bookmarks that were added: their names and the ids of the bookmarks."""
    revision: int = 0
    provider: str = "Microsoft XDR"

    @property
    def bookmark_ids(self) -> list[str]:
        """Return the ids of its bookmarks, those added later last."""
        added = [resource.rsplit("/", 1)[-1] for _, resource in self.related]
        return [stable_id("incident bookmark", self.id, number) for number in range(self.bookmarks)] + added


HOSTS = (
    Host("ws-finance-07", "corp.example", "10.20.0.7"),
    Host("srv-files-01", "corp.example", "10.20.1.10"),
    Host("ws-sales-12", "corp.example", "10.20.0.12"),
    Host("srv-web-02", "corp.example", "10.20.1.22"),
    Host("ws-hr-03", "corp.example", "10.20.0.3"),
)
ACCOUNTS = (
    Account("a.miller", "A. Miller", "corp.example"),
    Account("svc-backup", "Backup service", "corp.example"),
    Account("j.novak", "J. Novak", "corp.example"),
)
ANALYST = Person(ACCOUNTS[0].object_id, ACCOUNTS[0].display_name, ACCOUNTS[0].upn, ACCOUNTS[0].upn)
"""The author of the comments."""


def comment(incident_id: str, number: int, text: str, at: datetime) -> Comment:
    """Return a comment of the analyst."""
    return Comment(stable_id("comment", incident_id, number), text, at, at, ANALYST)


_PLOT: tuple[tuple[str, Severity, Status, Product, str, str, float], ...] = (
    ("Sign-in from a rare country", "Medium", "New", "Microsoft Sentinel", "InitialAccess", "T1078", 0.5),
    (
        "Suspicious PowerShell command line",
        "High",
        "Active",
        "Microsoft Defender for Endpoint",
        "Execution",
        "T1059.001",
        3,
    ),
    ("Mass download from file server", "High", "New", "Microsoft Sentinel", "Exfiltration", "T1567", 9),
    ("Malware was prevented", "Low", "Closed", "Microsoft Defender for Endpoint", "Execution", "T1204.002", 20),
    ("New inbox rule forwards outside", "Medium", "Closed", "Microsoft Sentinel", "Collection", "T1114.003", 31),
    ("Brute force against remote desktop", "High", "Closed", "Microsoft Sentinel", "CredentialAccess", "T1110", 44),
    (
        "Credential dumping tool",
        "High",
        "Closed",
        "Microsoft Defender for Endpoint",
        "CredentialAccess",
        "T1003.001",
        70,
    ),
    ("Anonymous proxy in use", "Informational", "Closed", "Microsoft Sentinel", "CommandAndControl", "T1090", 96),
)
"""Title, severity, status, product, tactic, technique and age in hours."""


def incidents(
    now: datetime,
    *place: str,
    delay: timedelta = timedelta(),
    first: int = 4711,
    provider: str = "Microsoft XDR",
) -> tuple[Incident, ...]:
    """Return the incidents as of a moment, newest first. ``delay`` makes everything older.

    The ids of incidents and alerts follow from ``place``: each workspace has its own.
    """
    story = []
    for i, (title, severity, status, product, tactic, technique, hours) in enumerate(_PLOT):
        created = now - timedelta(hours=hours) - delay
        host, account = HOSTS[i % len(HOSTS)], ACCOUNTS[i % len(ACCOUNTS)]
        alerts = tuple(
            Alert(
                stable_id("alert", *place, i, n),
                title,
                severity,
                product,
                tactic,
                technique,
                created - timedelta(minutes=10 + n),
                host,
                account,
            )
            for n in range(1 + i % 2)
        )
        id, modified = stable_id("incident", *place, i), created + timedelta(minutes=2 if status == "New" else 25)
        looked = comment(id, 0, "Looked into it with the owner of the machine.", modified)
        closed = status == "Closed"
        story.append(
            Incident(
                first + len(_PLOT) - i,
                id,
                title,
                severity,
                status,
                created,
                modified,
                alerts,
                comments=(looked,) if closed else (),
                bookmarks=1 if i == 0 else 0,
                classification="TruePositive" if closed else None,
                classification_reason="SuspiciousActivity" if closed else None,
                provider=provider,
            )
        )
    return tuple(story)
