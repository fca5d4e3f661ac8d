"""Scenarios: states of a tenant, and the expected result of a verification.

A scenario arranges a healthy world; every answer follows from the state. ``healthy`` arranges nothing.
"""

# In the order of the steps of a connection; they are listed in this order.
from conformance.fakes.scenarios import (
    access,
    connection,
    content,
    credentials,
    data,
    gateways,
    health,
    identities,
    ingestion,
    outages,
    partners,
    places,
    profiles,
    readiness,
    services,
)
from conformance.fakes.scenarios.registry import SCENARIOS, Scenario, scenario

__all__ = ["MODULES", "SCENARIOS", "Scenario", "scenario"]

MODULES = (
    connection,
    credentials,
    identities,
    partners,
    access,
    profiles,
    places,
    data,
    content,
    health,
    readiness,
    ingestion,
    services,
    outages,
    gateways,
)
"""The modules whose scenarios make up :data:`SCENARIOS`."""
