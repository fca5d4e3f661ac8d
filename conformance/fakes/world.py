"""The virtual world: tenants behind respx routes, under the services' real host names."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx
import respx

from conformance.apis import managed_identity
from conformance.apis.endpoint import APIS, Api, Endpoint
from conformance.connection import CLOUDS, Connection
from conformance.connection.managed_identity import is_local
from conformance.fakes.network.failures import Obstacle
from conformance.fakes.network.paths import normalize, route_pattern
from conformance.fakes.services.routes import ENDPOINTS, UNMATCHED, WORLD_EXTENSION, Call, undisturbed
from conformance.fakes.state.tenant import Tenant
from conformance.fakes.state.tokens import bearer, read
from conformance.probing.clock import VirtualClock

if TYPE_CHECKING:
    from conformance.fakes.living import Life

MAX_REQUESTS = 1000
"""Requests that a world remembers."""


@dataclass
class Disturbance:
    """A failure between the client and a service, or in the service itself, which answers instead.

    ``api`` limits it to an API, ``endpoint`` to an operation, ``path`` to a part of the path; ``times`` to the first
    requests that it applies to.
    ``answer`` gives the response, or raises a transport error.
    """

    answer: Callable[[Call], httpx.Response]
    api: str | None = None
    endpoint: str | None = None
    path: str | None = None
    times: int | None = None
    count: int = 0

    def applies(self, api: str, call: Call) -> bool:
        """Return whether it changes the answer to this call."""
        operation = call.endpoint.name if call.endpoint else ""
        if self.api not in (None, api) or self.endpoint not in (None, operation):
            return False
        if self.path and self.path.lower() not in call.request.url.path.lower():
            return False
        return self.times is None or self.count < self.times


@dataclass
class World:
    """One or more tenants, their disturbances, and the connection as configured.

    ``tenants[0]`` is the connection's own. ``answer`` and ``handler`` answer requests; nothing is patched.
    """

    tenants: list[Tenant]
    connection: Connection
    disturbances: list[Disturbance] = field(default_factory=list)
    stripped: dict[str, str] = field(default_factory=dict)
    life: Life | None = None
    """The events before each request."""
    requests: deque[httpx.Request] = field(default_factory=lambda: deque(maxlen=MAX_REQUESTS), repr=False)
    """The latest requests, oldest first."""

    @property
    def tenant(self) -> Tenant:
        """Return the first tenant, the connection's own."""
        return self.tenants[0]

    @property
    def clock(self) -> VirtualClock:
        """Return the clock that all tenants share."""
        return self.tenant.clock

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request as the services would. Raises ``httpx.TransportError`` if no service answers."""
        request.read()
        self.requests.append(request)
        if self.life:
            self.life.go_on()
        host = request.url.host
        if is_local(host):
            return self._of_machine(request)
        if host not in hosts():
            raise httpx.ConnectError(f"{host} is not one of the virtual tenant's hosts", request=request)
        return self.reply(request)

    def _of_machine(self, request: httpx.Request) -> httpx.Response:
        """Answer a request to the machine's own endpoint, which gives tokens of managed identities."""
        request.extensions[WORLD_EXTENSION] = self
        try:
            return self._answer_from(managed_identity.TOKEN, request, {})
        finally:
            del request.extensions[WORLD_EXTENSION]

    def reply(self, request: httpx.Request) -> httpx.Response:
        """Answer a request to one of the hosts without remembering it, as for a part of a batch."""
        host = request.url.host
        normalized = normalize(request, hosts()[host])
        normalized.extensions[WORLD_EXTENSION] = self
        try:
            endpoint, path = _route(host, normalized.method, normalized.url.path)
            if endpoint is None:
                return self._strayed(hosts()[host], normalized)
            return self._answer_from(endpoint, normalized, path)
        finally:
            del normalized.extensions[WORLD_EXTENSION]  # it is remembered, and would hold the world that remembers it

    async def handler(self, request: httpx.Request) -> httpx.Response:
        """:meth:`answer` for requests whose body is still to be read asynchronously."""
        await request.aread()
        return self.answer(request)

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for httpx that answers in this process, without a network."""
        return httpx.MockTransport(self.handler)

    def disturb(self, answer: Callable[[Call], httpx.Response], **where: Any) -> None:
        """Add a :class:`Disturbance`."""
        self.disturbances.append(Disturbance(answer, **where))

    def fault(self, name: str, *, times: int | None = None) -> None:
        """Let a fault of :data:`~conformance.fakes.faults.FAULTS` answer its operation, always or for the
        first ``times`` requests. Raises ``KeyError`` for an unknown name, ``ValueError`` for one that only
        pasted text can show.
        """
        from conformance.fakes.faults import FAULTS

        fault = FAULTS[name]
        if fault.endpoint is None:
            raise ValueError(f"{name} answers no operation of a verification: --sentinel-explain reads it")
        self.disturb(fault.answer, endpoint=fault.endpoint, times=times)

    def strip(self, header: str, api: str) -> None:
        """Remove a header from every request to an API, as some proxies do."""
        self.stripped[api] = header

    def obstacle(self, host: str) -> Obstacle | None:
        """Return the network failure that prevents all connections to a host before any request, or None."""
        apis = hosts()[host]
        for disturbance in self.disturbances:
            if (
                isinstance(disturbance.answer, Obstacle)
                and not (disturbance.path or disturbance.endpoint)
                and disturbance.times is None
                and disturbance.api in (None, *apis)
            ):
                return disturbance.answer
        return None

    def _answer_from(self, endpoint: Endpoint[Any], request: httpx.Request, path: Mapping[str, str]) -> httpx.Response:
        call = Call(self._tenant(request), request, endpoint, path)
        if disturbed := self._disturbed(endpoint.api, call):
            return disturbed
        return undisturbed(call)

    def _strayed(self, apis: list[str], request: httpx.Request) -> httpx.Response:
        call = Call(self._tenant(request), request, None, {})
        api = _of_path(apis, request.url.path)
        return self._disturbed(api, call) or UNMATCHED[api.name](call)

    def _disturbed(self, api: Api, call: Call) -> httpx.Response | None:
        for disturbance in self.disturbances:
            if disturbance.applies(api.name, call):
                disturbance.count += 1
                return disturbance.answer(call)
        return None

    def _tenant(self, request: httpx.Request) -> Tenant:
        """Return the tenant that a request speaks to: by its token, else by the path, else the first."""
        tenant_name = tenant_named(request)
        for tenant in self.tenants:
            if tenant_name in (tenant.id.lower(), *tenant.domains):
                return tenant
        return self.tenant


class _Router(respx.Router):
    """respx's router without its record of calls: the world keeps the latest requests itself, respx would keep all."""

    def record(self, *exchange: Any, **more: Any) -> None:
        pass


@cache
def _routes(host: str) -> respx.Router:
    """Return the routes of a host: each answers with the operation that it leads to, and its path parameters."""
    router, apis = _Router(assert_all_called=False), hosts()[host]
    for endpoint in ENDPOINTS.values():
        if endpoint.api.name in apis:
            router.route(method=endpoint.method, path__regex=route_pattern(endpoint)).mock(side_effect=_to(endpoint))
    router.route().mock(side_effect=_to(None))
    return router


def _to(endpoint: Endpoint[Any] | None) -> Callable[..., httpx.Response]:
    def lead(request: httpx.Request, **path: str) -> httpx.Response:
        return httpx.Response(200, extensions={"operation": (endpoint, MappingProxyType(path))})

    return lead


@lru_cache(maxsize=4096)
def _route(host: str, method: str, path: str) -> tuple[Endpoint[Any] | None, Mapping[str, str]]:
    """Return the operation that a request asks for, None if there is none, and its path parameters.

    Cached: to match all routes takes longer than an answer, and clients repeat paths.
    """
    url = httpx.URL(scheme="https", host=host, path=path)
    route: tuple[Endpoint[Any] | None, Mapping[str, str]]
    route = _routes(host).handler(httpx.Request(method, url)).extensions["operation"]
    return route


def _of_path(apis: list[str], path: str) -> Api:
    """Return the API of a host that has a path, if only with another verb; else the first."""
    for endpoint in ENDPOINTS.values():
        if endpoint.api.name in apis and route_pattern(endpoint).search(path):
            return endpoint.api
    return APIS[apis[0]]


def tenant_named(request: httpx.Request) -> str:
    """Return the id or domain of the tenant that a request speaks to, in lower case: by its token, else by the path."""
    token = bearer(request.headers.get("authorization"))
    claims = read(token)[0] if token else None
    return (str((claims or {}).get("tid", "")) or request.url.path.split("/")[1]).lower()


OTHER_HOSTS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("defender",): (
        "api.securitycenter.microsoft.com",
        "api.securitycenter.windows.com",
        *(f"{region}.api.security.microsoft.com" for region in ("us", "eu", "uk", "au", "swa", "ina", "aea")),
        *(f"api-{region}.securitycenter.microsoft.com" for region in ("us", "eu", "uk", "au")),
    ),
    ("log_analytics",): ("api.loganalytics.azure.com",),
}
"""Other names of the public cloud's hosts, older ones and regional ones, by their APIs (documented)."""


@cache
def hosts() -> dict[str, list[str]]:
    """Return the host names of all clouds, and the APIs behind each."""
    apis_by_host: dict[str, list[str]] = {}
    for cloud in CLOUDS.values():
        for api in APIS.values():
            if base := cloud.host(api):
                names = apis_by_host.setdefault(httpx.URL(base).host, [])
                if api.name not in names:
                    names.append(api.name)
    return apis_by_host | {host: list(apis) for apis, others in OTHER_HOSTS.items() for host in others}
