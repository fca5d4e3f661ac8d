"""The virtual world: tenants behind respx routes, under the services' real host names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import respx

from conformance.apis import ENDPOINTS
from conformance.apis.endpoint import APIS, Api, Endpoint
from conformance.connection import CLOUDS, Connection
from conformance.fakes.answering import ANSWERS, GATES, STRAYS, Call
from conformance.fakes.tenant import Tenant
from conformance.fakes.tokens import bearer, read
from conformance.probing.clock import VirtualClock


@dataclass
class Disturbance:
    """Something between the client and a service, or in the service itself: it answers instead.

    ``api`` limits it to an API, ``path`` to a part of the path; ``times`` to the first requests that it meets.
    ``answer`` gives the response, or raises a transport error.
    """

    answer: Callable[[Call], httpx.Response]
    api: str | None = None
    path: str | None = None
    times: int | None = None
    met: int = 0

    def applies(self, api: str, request: httpx.Request) -> bool:
        if self.api not in (None, api) or (self.path and self.path.lower() not in request.url.path.lower()):
            return False
        return self.times is None or self.met < self.times


@dataclass
class World:
    """One or more tenants, what disturbs them, and the connection as its file would have it.

    ``tenants[0]`` is the connection's own. ``handler`` answers requests; nothing is patched.
    """

    tenants: list[Tenant]
    connection: Connection
    disturbances: list[Disturbance] = field(default_factory=list)
    stripped: dict[str, str] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.router = self._routes()

    @property
    def tenant(self) -> Tenant:
        return self.tenants[0]

    @property
    def clock(self) -> VirtualClock:
        return self.tenant.clock

    async def handler(self, request: httpx.Request) -> httpx.Response:
        """Answers a request as the services would."""
        await request.aread()
        self.requests.append(request)
        return await self.router.async_handler(request)

    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.MockTransport(self.handler)

    def disturb(self, answer: Callable[[Call], httpx.Response], **where: Any) -> None:
        """Puts a :class:`Disturbance` in the way."""
        self.disturbances.append(Disturbance(answer, **where))

    def strip(self, header: str, api: str) -> None:
        """Takes a header out of every request to an API, as some proxies do."""
        self.stripped[api] = header

    def _routes(self) -> respx.MockRouter:
        router = respx.MockRouter(assert_all_called=False)
        for host, apis in hosts().items():
            for endpoint in ENDPOINTS.values():
                if endpoint.api.name in apis and endpoint.name in ANSWERS:
                    router.route(
                        method=endpoint.method, host=host, path__regex=re.compile(f"^{endpoint.pattern.pattern}$", re.I)
                    ).mock(side_effect=self._answering(endpoint))
            router.route(host=host).mock(side_effect=self._straying(apis))
        return router

    def _answering(self, endpoint: Endpoint[Any]) -> Callable[..., httpx.Response]:
        def answer(request: httpx.Request, **path: str) -> httpx.Response:
            call = Call(self._tenant(request), request, endpoint, path)
            if disturbed := self._disturbed(endpoint.api, call):
                return disturbed
            gate = GATES.get(endpoint.api.name)
            return (gate(call) if gate else None) or ANSWERS[endpoint.name](call)

        return answer

    def _straying(self, apis: list[str]) -> Callable[..., httpx.Response]:
        def answer(request: httpx.Request) -> httpx.Response:
            call = Call(self._tenant(request), request, None, {})
            api = self._of_path(apis, request.url.path)
            return self._disturbed(api, call) or STRAYS[api.name](call)

        return answer

    @staticmethod
    def _of_path(apis: list[str], path: str) -> Api:
        """The API of a host that has a path, if only with another verb; else the first."""
        for endpoint in ENDPOINTS.values():
            if endpoint.api.name in apis and endpoint.pattern.fullmatch(path):
                return endpoint.api
        return APIS[apis[0]]

    def _disturbed(self, api: Api, call: Call) -> httpx.Response | None:
        for one in self.disturbances:
            if one.applies(api.name, call.request):
                one.met += 1
                return one.answer(call)
        return None

    def _tenant(self, request: httpx.Request) -> Tenant:
        """The tenant that a request speaks to: by its token, else by the path, else the first."""
        token = bearer(request.headers.get("authorization"))
        claims = read(token)[0] if token else None
        wanted = str((claims or {}).get("tid", "")) or request.url.path.split("/")[1]
        for tenant in self.tenants:
            if wanted.lower() in (tenant.id.lower(), *tenant.domains):
                return tenant
        return self.tenant


def hosts() -> dict[str, list[str]]:
    """The host names of all clouds, and the APIs behind each."""
    found: dict[str, list[str]] = {}
    for cloud in CLOUDS.values():
        for api in APIS.values():
            if base := cloud.host(api):
                names = found.setdefault(httpx.URL(base).host, [])
                if api.name not in names:
                    names.append(api.name)
    return found
