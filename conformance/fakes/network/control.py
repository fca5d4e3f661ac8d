"""The control of a served virtual tenant: plain HTTP and JSON on the server's own port, from this machine only, as are
the endpoints of managed identities.

The structs below are the requests; :data:`PATHS` has their paths.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import httpx
import msgspec

from conformance.apis.managed_identity import TOKEN
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.scenarios import SCENARIOS
from conformance.fakes.services.managed_identity import APP_SERVICE_PATH, ARC_PATH
from conformance.sources.base import SourceError

MAX_LOG = 1000
"""Lines of the request log to keep."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=300)]
Times = Annotated[int, msgspec.Meta(ge=1)]


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /control/scenario``: switches to it and drops earlier changes."""

    name: str

    def apply(self, control: Control) -> None:
        """Switch the tenant to the scenario. Raises ``SourceError`` for an unknown one."""
        control.stage.switch(self.name)


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /control/fault``: adds it to the first ``times`` requests that it applies to, or to all."""

    name: str
    times: Times | None = None

    def apply(self, control: Control) -> None:
        """Add the fault. Raises ``SourceError`` for an unknown one."""
        control.stage.fault(self.name, self.times)


class Throttle(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /control/throttle``: the API answers 429 with a Retry-After of ``seconds``."""

    api: str
    times: Times | None = None
    seconds: Annotated[int, msgspec.Meta(ge=0, le=86400)] = 5

    def apply(self, control: Control) -> None:
        """Make an API refuse its next requests with 429."""
        control.stage.throttle(self.api, self.times, self.seconds)


class Latency(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /control/latency``: seconds before each answer, with up to ``jitter`` more."""

    seconds: Seconds
    jitter: Seconds = 0.0

    def apply(self, control: Control) -> None:
        """Set the seconds before each answer, and the random addition."""
        stage = control.stage
        stage.latency, stage.jitter = self.seconds, self.jitter


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """``POST /control/reset``: everything as at the start, with an empty log."""

    def apply(self, control: Control) -> None:
        """Return to the initial state, and empty the log of requests."""
        control.stage.reset()
        control.lines.clear()


IDENTITY_PATHS = (TOKEN.path, APP_SERVICE_PATH, ARC_PATH)
"""Paths of the tokens for managed identities of the virtual machine, App Service and Arc server: beside the control,
since they too are for clients on this machine alone.
"""
Order = Scenario | Fault | Throttle | Latency | Reset
ORDERS: Mapping[str, type[Order]] = {
    f"/control/{order.__name__.lower()}": order for order in (Scenario, Fault, Throttle, Latency, Reset)
}
"""The possible changes, by path."""


class Control:
    """Answers control requests for ``stage``. ``log`` gets each line of the request log too."""

    def __init__(self, stage: ControllableTenant, log: Callable[[str], None] | None = None) -> None:
        self.stage, self._log = stage, log
        self.lines: deque[str] = deque(maxlen=MAX_LOG)

    def note(self, line: str) -> None:
        """Add a line to the request log."""
        self.lines.append(line)
        if self._log:
            self._log(line)

    async def handler(self, request: httpx.Request) -> httpx.Response:
        """``GET /control`` and ``GET /control/requests``, and the orders; every one answers with the state."""
        if request.url.path in IDENTITY_PATHS:
            return await self.stage.handler(request)
        match request.method, request.url.path.rstrip("/"):
            case "GET" | "HEAD", "/health":
                return _response(200, {"status": "ok", "scenario": self.stage.scenario})
            case "GET", "/control":
                return _response(200, self.state())
            case "GET", "/control/requests":
                lines = "".join(f"{line}\n" for line in self.lines)
                return httpx.Response(200, text=lines, headers={"Content-Type": "application/x-ndjson"})
            case "POST", path if path in ORDERS:
                return self._order(request, ORDERS[path])
        there = ", ".join(
            ["GET /health", "GET /control", "GET /control/requests", *(f"POST {path}" for path in ORDERS)]
        )
        return _response(404, {"error": f"this is the virtual tenant's control; there is: {there}"})

    def _order(self, request: httpx.Request, kind: type[Order]) -> httpx.Response:
        # A page in a browser cannot send this type to another origin without asking first, and is not answered.
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _response(415, {"error": "Content-Type: application/json is needed"})
        try:
            msgspec.json.decode(request.content or b"{}", type=kind).apply(self)
        except (msgspec.DecodeError, SourceError) as error:
            return _response(400, {"error": str(error)})
        return _response(200, self.state())

    def state(self) -> dict[str, Any]:
        """Return the current settings and the connection's ids; never its credential."""
        stage = self.stage
        return {
            "scenario": stage.scenario,
            "faults": [
                {"name": name, "times": fault.times, "met": fault.count} for name, fault in stage.faults.items()
            ],
            "latency": {"seconds": stage.latency, "jitter": stage.jitter},
            "requests": len(self.lines),
            "connection": dict(stage.connection.facts()),
            "scenarios": list(SCENARIOS),
        }


def _response(status: int, body: Any) -> httpx.Response:
    content = msgspec.json.format(msgspec.json.encode(body)) + b"\n"
    return httpx.Response(status, content=content, headers={"Content-Type": "application/json"})
