"""Operations that enable and disable Microsoft Sentinel on a workspace, and the list of onboarding states."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.apis import sentinel
from conformance.apis.endpoint import SENTINEL, SENTINEL_API, Action
from conformance.fakes.services.arm_gateway import headers, ok
from conformance.fakes.services.operations import operation
from conformance.fakes.services.routes import Call, answers, respond
from conformance.fakes.services.sentinel import onboarding_state, registered
from conformance.fakes.state.table_rows import tables
from conformance.fakes.state.tenant import Workspace

PATH, STATES = SENTINEL + "/onboardingStates", "Microsoft.SecurityInsights/onboardingStates"


def _operation(name: str, method: str, path: str, action: str) -> Any:
    source, version = sentinel.ONBOARDING_STATE.source, sentinel.ONBOARDING_STATE.api_version
    return operation(f"sentinel.{name}", SENTINEL_API, method, path, source, Action(f"{STATES}/{action}"), version)


ONBOARD = _operation("onboard", "PUT", PATH + "/default", "write")
OFFBOARD = _operation("offboard", "DELETE", PATH + "/default", "delete")
LIST = _operation("onboarding_states", "GET", PATH, "read")


@answers(ONBOARD, "specified", ONBOARD.source)
@registered
def onboard(call: Call, workspace: Workspace) -> httpx.Response:
    """Enable Sentinel. Its tables have rows at once; in the service they appear with the first incident."""
    workspace.onboarded = True
    filled = tables(workspace, call.tenant.clock.began)
    for name in ("SecurityIncident", "SecurityAlert"):
        workspace.tables.setdefault(name, filled[name])
    return onboarding_state(call)


@answers(OFFBOARD, "specified", OFFBOARD.source)
@registered
def offboard(call: Call, workspace: Workspace) -> httpx.Response:
    """Remove Microsoft Sentinel from the workspace."""
    workspace.onboarded = False
    return respond(call, 200, None, headers(call))


@answers(LIST, "specified", LIST.source)
@registered
def onboarding_states(call: Call, workspace: Workspace) -> httpx.Response:
    """Return a list of the one onboarding state, or an empty one."""
    state = onboarding_state(call).json()
    return ok(call, {"value": [state] if workspace.onboarded else []})
