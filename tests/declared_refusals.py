"""Every refusal that the virtual tenant declares, as it is sent, with each placeholder filled in."""

from __future__ import annotations

from functools import cache
from string import Formatter
from typing import Any

import httpx

from conformance.fakes import healthy
from conformance.fakes.faults import REFUSERS
from conformance.fakes.services.routes import Call
from tests.contoso import START, made_up

NAMES = [(api, name) for api, refuse in REFUSERS.items() for name in refuse.declared]
"""API and name of each declared refusal."""


def texts(value: Any) -> list[str]:
    """Return all texts in a declaration, at any depth."""
    if isinstance(value, dict | list):
        return [text for part in (value.values() if isinstance(value, dict) else value) for text in texts(part)]
    return [value] if isinstance(value, str) else []


def placeholders(api: str, name: str) -> set[str]:
    refusal = REFUSERS[api].declared[name]
    return {
        field for text in texts([refusal.message, refusal.extra]) for _, field, _, _ in Formatter().parse(text) if field
    }


FIXED = {"table": "SecurityIncident", "plan": "Basic", "line": 1, "pos": 1, "token": "|"}
"""Values of placeholders that are not texts, or that must be a certain text."""


@cache
def call() -> Call:
    return Call(healthy(made_up(), START).tenant, httpx.Request("GET", "https://service.example/path"), None, {})


def response(api: str, name: str) -> httpx.Response:
    """Return the response with which an API refuses a request; each placeholder holds its own name."""
    values = {name: f'<"{name}">' for name in placeholders(api, name)} | FIXED
    return REFUSERS[api](call(), name, **values)
