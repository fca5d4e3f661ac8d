"""The expectations of a connection: about its data, and its needs beyond its profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Expect:
    """The expectations of a connection; None means no expectation."""

    max_incident_age: timedelta | None = None
    """Maximum age of the newest row of SecurityIncident."""
    max_data_age: timedelta | None = timedelta(days=1)
    """Maximum age of the newest row of Usage, which is written hourly while data is ingested."""
    max_ingestion_delay: timedelta | None = timedelta(hours=1)
    """Maximum 95th percentile of each table."""
    min_retention_days: int | None = None
    min_secret_days: int = 30
    """Days before the end of a credential at which a warning begins."""
    permissions: tuple[str, ...] = ()
    """Application permissions beside those of the profile, such as ``Graph: SecurityAlert.Read.All``."""
    actions: tuple[str, ...] = ()
    """Azure actions beside those of the profile, such as ``Microsoft.SecurityInsights/incidents/read``."""
    routes: tuple[str, ...] = ()
    """Reads beside those of the profile, such as ``Graph: GET /v1.0/security/incidents``."""
