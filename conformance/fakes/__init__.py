"""The virtual tenant: a stateful model of all services that a connection uses, under their own addresses."""

from conformance.fakes.faults import FAULTS, Fault
from conformance.fakes.scenarios import SCENARIOS, Scenario, scenario
from conformance.fakes.services import (
    arm,
    arm_administration,
    batch,
    data_collection,
    defender,
    entra,
    entra_discovery,
    graph,
    graph_applications,
    graph_batch,
    graph_hunting,
    graph_security,
    graph_service_principals,
    log_analytics,
    log_analytics_metadata,
    managed_identity,
    sentinel,
    sentinel_incident_items,
    sentinel_incident_writes,
    sentinel_incidents,
    sentinel_items,
    sentinel_onboarding,
)
from conformance.fakes.source import Fake, build
from conformance.fakes.state.healthy import healthy
from conformance.fakes.state.tenant import Tenant
from conformance.fakes.world import World

__all__ = ["FAULTS", "SCENARIOS", "Fake", "Fault", "Scenario", "Tenant", "World", "build", "healthy", "scenario"]

ROUTES = (
    arm,
    defender,
    entra,
    graph,
    graph_security,
    log_analytics,
    log_analytics_metadata,
    managed_identity,
    sentinel,
    sentinel_incidents,
    batch,
    arm_administration,
    data_collection,
    entra_discovery,
    graph_applications,
    graph_batch,
    graph_hunting,
    graph_service_principals,
    sentinel_incident_writes,
    sentinel_incident_items,
    sentinel_items,
    sentinel_onboarding,
)
"""The modules that define the routes of the world: one per API, and the operations of other clients."""
