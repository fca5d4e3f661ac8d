"""Texts about an operation, shared by several pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from conformance import Connection, load
from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import APIS, SENTINEL, WORKSPACE, Action, Api, AppRole, Endpoint
from conformance.apis.managed_identity import MANAGED_IDENTITY
from conformance.apis.permissions import RESOURCES
from conformance.checks.registry import catalogue
from conformance.fakes import build
from conformance.fakes.scenarios.ingestion import ingesting
from conformance.probing.engine import Engine
from conformance.probing.evidence import Answer, Refusal
from conformance.probing.probe import PROBES
from scripts.pages.markdown import code

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ITSELF = "Application.Read.All"
"""Lets the app read its own registration: of use to a few checks, needed by none."""
PATHS = {SENTINEL: "{sentinel}", WORKSPACE: "{workspace}"}
SHORT = f"""\
Short for long paths: `{{workspace}}` is `{WORKSPACE}`,
and `{{sentinel}}` is `{{workspace}}{SENTINEL.removeprefix(WORKSPACE)}`.
"""


def demo() -> Connection:
    """Return the made-up connection of the demo."""
    (connection,) = load(ROOT / "examples" / "demo.toml", environ={"SENTINEL_DEMO_SECRET": "made-up"})
    return connection


SPEAKERS: Mapping[str, Api] = {**APIS, MANAGED_IDENTITY.name: MANAGED_IDENTITY}
"""Everything that answers, by name: the APIs, and the machine itself."""


@cache
def endpoint_of_probe() -> Mapping[str, Endpoint[Any]]:
    """Return the operation of each probe by its name: all probes run once on the virtual tenant, with all
    permissions.
    """
    catalogue()
    world = build(demo(), "two-secrets", start=START)
    world.tenant.consent(RESOURCES["graph"].app_id, ITSELF)
    for subscription in world.tenant.subscriptions.values():
        world.tenant.assign("Reader", scope=subscription.scope)
    ingesting(world)
    engine = Engine(world.connection, world.transport(), clock=world.clock, negative=True)
    evidence = asyncio.run(engine.gather(PROBES)).evidence
    return {
        name: ENDPOINTS[came.exchange.endpoint]
        for name in sorted(PROBES)
        if isinstance(came := evidence[name], Answer | Refusal) and came.exchange
    }


def request(endpoint: Endpoint[Any]) -> str:
    """Return the method and the path of an operation as code, with long paths shortened."""
    path = endpoint.path
    for long, short in PATHS.items():
        path = path.replace(long, short)
    return code(f"{endpoint.method} {path}")


def need(endpoint: Endpoint[Any]) -> str:
    """Return the least permission or the Azure action of an operation; empty if any token is enough, or none is
    needed.
    """
    match endpoint.needs:
        case Action(name, published):
            return code(name) + ("" if published else " (not published)")
        case AppRole(name, also):
            return code(name) + (f" (or {', '.join(also)})" if also else "")
    return ""
