"""The virtual tenant's answers: one function per endpoint, one gate per API, and the evidence for each answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import httpx
import msgspec

from conformance.apis.endpoint import Api, Endpoint
from conformance.fakes.state.tenant import Tenant
from conformance.toml_file.tables import table

if TYPE_CHECKING:
    from conformance.fakes.world import World

WORLD_EXTENSION = "world"
"""The request extension that holds the world while a request is answered."""
Tier = Literal["recorded", "specified", "documented", "observed", "inferred"]
"""Kinds of evidence for an answer of the fakes, best first. ``observed``: quoted in public issues or logs."""


@dataclass(frozen=True)
class Provenance:
    """The tier of an answer and its source."""

    tier: Tier
    source: str


@dataclass
class Call:
    """A request on its way through the virtual tenant. ``tenant`` is named by the token or the path."""

    tenant: Tenant
    request: httpx.Request
    endpoint: Endpoint[Any] | None
    path: Mapping[str, str]
    """Path parameters, as the request spells them."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """Claims of the bearer token, once the gate has let it pass."""

    @property
    def request_id(self) -> str:
        """Return the service's id of this request: the same wherever its answer names it."""
        request_id: str = self.request.extensions.setdefault("request-id", new_id())
        return request_id

    @property
    def world(self) -> World:
        """Return the world that answers the request."""
        world: World = self.request.extensions[WORLD_EXTENSION]
        return world

    @cached_property
    def query(self) -> httpx.QueryParams:
        """Return the options of the URL."""
        return _parameters(self.request.url.query)

    def option(self, name: str) -> str | None:
        """Return a query option; names are case-insensitive."""
        return next((value for key, value in self.query.multi_items() if key.lower() == name.lower()), None)

    @property
    def json(self) -> Any:
        """Return the JSON body, or None."""
        try:
            return json.loads(self.request.content)
        except ValueError:
            return None


@lru_cache(maxsize=1024)
def _parameters(query: bytes) -> httpx.QueryParams:
    """Return the options of a query string. Cached: clients repeat them."""
    return httpx.QueryParams(query.decode("ascii"))


Handler = Callable[[Call], httpx.Response]
Gate = Callable[[Call], "httpx.Response | None"]

_endpoints: dict[str, Endpoint[Any]] = {}
_answers: dict[str, Handler] = {}
_provenance: dict[str, Provenance] = {}
_gates: dict[str, Gate] = {}
_strays: dict[str, Handler] = {}
ENDPOINTS: Mapping[str, Endpoint[Any]] = MappingProxyType(_endpoints)
"""The served endpoints by name: those of ``conformance.apis``, and those that only other clients use."""
ANSWERS: Mapping[str, Handler] = MappingProxyType(_answers)
"""The function that answers an endpoint, by the endpoint's name."""
PROVENANCE: Mapping[str, Provenance] = MappingProxyType(_provenance)
"""Evidence for each answer: by endpoint name for successes, by ``api/name`` for refusals."""
GATES: Mapping[str, Gate] = MappingProxyType(_gates)
"""Access checks by API name: None lets a request pass, a response refuses it."""
UNMATCHED: Mapping[str, Handler] = MappingProxyType(_strays)
"""Handlers for unmatched routes, by API name."""


def undisturbed(call: Call) -> httpx.Response:
    """Return the service's answer to a request without any disturbance."""
    assert call.endpoint is not None
    gate = GATES.get(call.endpoint.api.name)
    return (gate(call) if gate else None) or ANSWERS[call.endpoint.name](call)


def answers(endpoint: Endpoint[Any], tier: Tier, source: str) -> Callable[[Handler], Handler]:
    """Declare the function that answers an endpoint, with tier and source of its success."""

    def declare(function: Handler) -> Handler:
        if endpoint.name in _answers:
            raise ValueError(f"{endpoint.name} is answered twice")
        _endpoints[endpoint.name] = endpoint
        _answers[endpoint.name] = function
        _provenance[endpoint.name] = Provenance(tier, source)
        return function

    return declare


def gate(api: Api) -> Callable[[Gate], Gate]:
    """Declare the access check of an API."""

    def declare(function: Gate) -> Gate:
        _gates[api.name] = function
        return function

    return declare


def unmatched(api: Api) -> Callable[[Handler], Handler]:
    """Declare an API's handler for unmatched routes."""

    def declare(function: Handler) -> Handler:
        _strays[api.name] = function
        return function

    return declare


@dataclass(frozen=True)
class Refusal:
    """A declared refusal; its ``message`` has ``{placeholders}``, ``extra`` holds the keys of its API only.

    ``cause`` is its root cause without any other evidence.
    """

    status: int
    code: str
    message: str
    cause: str
    extra: Mapping[str, Any]


class Refuser:
    """Makes the refusals of one API, each declared with its tier and source in ``refusals/<api>.toml``.

    ``body`` builds the API's error body from the call, code, text and given values; ``headers`` its headers.
    """

    def __init__(
        self,
        api: Api,
        body: Callable[[Call, str, str, Mapping[str, Any]], Any],
        headers: Callable[[Call, int], Mapping[str, str]],
    ) -> None:
        self._body, self._headers = body, headers
        self.declared: dict[str, Refusal] = {}
        for name, row in table(__package__, "refusals", f"{api.name}.toml").items():
            _provenance[f"{api.name}/{name}"] = Provenance(row.pop("tier"), row.pop("source"))
            self.declared[name] = Refusal(row.pop("status"), row.pop("code"), row.pop("message"), row.pop("cause"), row)

    def __call__(
        self, call: Call, name: str, more_headers: Mapping[str, str] = MappingProxyType({}), /, **values: Any
    ) -> httpx.Response:
        """Return the named refusal, filled in with ``values``. Raises ``KeyError`` for an unknown name or a missing
        value.
        """
        refusal = self.declared[name]
        message = refusal.message.format_map(values)
        return self.say(call, refusal.status, refusal.code, message, more_headers, **{**refusal.extra, **values})

    def say(
        self,
        call: Call,
        status: int,
        code: str,
        message: str,
        more_headers: Mapping[str, str] = MappingProxyType({}),
        /,
        **extra: Any,
    ) -> httpx.Response:
        """Return a refusal with any text in the form of the API."""
        body = self._body(call, code, message, extra)
        return respond(call, status, body, {**self._headers(call, status), **more_headers})


def not_served(refuse: Refuser, call: Call, what: str = "this route") -> httpx.Response:
    """Return the answer to an unmodelled request: it states that it does not come from the service."""
    text = f"The virtual tenant does not serve {what}: {call.request.method} {call.request.url.path}"
    return refuse.say(call, 501, "RouteNotServed", text, {"x-virtual-tenant": "route-not-served"})


def respond(call: Call, status: int, body: Any, headers: Mapping[str, str]) -> httpx.Response:
    """Return a response with the service's clock in ``Date``. ``body``: JSON value, text, bytes or None."""
    date = call.tenant.clock.service_now().strftime("%a, %d %b %Y %H:%M:%S GMT")
    if body is None:
        content = b""
    elif isinstance(body, bytes):
        content = body
    elif isinstance(body, str):
        content = body.encode()
    else:
        content = msgspec.json.encode(body)
    return httpx.Response(status, headers={"Date": date, **headers}, content=content)


def new_id() -> str:
    """Return a fresh request id."""
    return str(uuid.uuid4())
