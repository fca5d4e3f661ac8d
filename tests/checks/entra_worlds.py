"""Worlds whose Entra refuses a token or issues one with other claims."""

from __future__ import annotations

from typing import Any

import httpx

from conformance.connection import CLOUDS
from conformance.fakes.services import entra
from conformance.fakes.services.routes import Call, undisturbed
from conformance.fakes.state.tokens import read, sign
from conformance.fakes.world import World
from tests.checks.outcomes import answered, changed, world

AUDIENCES = ("arm", "log_analytics", "graph", "defender")


def refusing(name: str, audience: str | None = None, **values: str) -> World:
    """Return a world whose Entra refuses tokens (for one audience only, if given) with a documented error."""

    def answer(call: Call) -> httpx.Response:
        return entra.refuse(call, name, **values) if audience in (None, requested_audience(call)) else undisturbed(call)

    return answered(world(), "entra.token", answer)


def requested_audience(call: Call) -> str:
    """Return the audience of a token request."""
    scope = httpx.QueryParams(call.request.content.decode())["scope"].removesuffix("/.default")
    return next(audience for audience in AUDIENCES if CLOUDS["public"].accepts(audience, scope))  # type: ignore[arg-type]


def claiming(**claims: Any) -> World:
    """Return a world whose tokens have these claims; None removes a claim."""

    def change(body: dict[str, Any]) -> None:
        issued = dict(read(body["access_token"])[0] or {}) | claims
        body["access_token"] = sign({name: value for name, value in issued.items() if value is not None})

    return changed(world(), "entra.token", change)
