"""The virtual tenant: a stateful model of all services that a connection uses, under their own addresses."""

from conformance.fakes.faults import FAULTS, Fault
from conformance.fakes.scenarios import SCENARIOS, Scenario, scenario
from conformance.fakes.services import (
    arm,
    arm_administration,
    batch,
    defender,
    entra,
    graph,
    graph_directory,
    log_analytics,
    sentinel,
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
    log_analytics,
    sentinel,
    batch,
    arm_administration,
    graph_directory,
    sentinel_onboarding,
)
"""The modules whose routes make up the world: one per API, and what only other clients ask."""
