"""The read-only guard: the last step before the network.

Only declared operations are sent, only over https, only to the hosts of the connection's cloud (operations that are
declared to need no token: of any cloud), and a bearer token only to the host of its audience. Everything else raises
before a byte is sent. The only exception is the managed identity endpoint, for a connection with a managed identity:
http on this machine's own addresses, and only requests for tokens.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import httpx

from conformance.apis import ENDPOINTS, managed_identity
from conformance.apis.endpoint import Api, Audience, Endpoint
from conformance.connection import CLOUDS, Cloud, ManagedIdentity

PAGING_OPTIONS = frozenset({"$skiptoken", "$skip", "$top", "api-version"})
"""Options that a service may put in a next link beside the operation's own."""


class GuardError(Exception):
    """A request that this suite never sends."""


@cache
def _host(base: str) -> str:
    return httpx.URL(base).host


class Guard(httpx.AsyncBaseTransport):
    """Wraps a transport. ``tokens`` are the tokens issued to this run, by audience."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        cloud: Cloud,
        *,
        negative: bool = False,
        identity: ManagedIdentity | None = None,
    ) -> None:
        self._transport = transport
        self._identity = None if identity is None else httpx.URL(identity.endpoint)
        self._proves_itself = identity is not None and identity.platform == "arc"
        self._operations: dict[tuple[str, str, int, str | None], list[Endpoint[Any]]] = {}
        """Operations by host, method, number of slashes in the path, and its last segment (None: a parameter)."""
        for endpoint in ENDPOINTS.values():
            bases = {
                allowed_cloud.host(endpoint.api)
                for allowed_cloud in ((cloud, *CLOUDS.values()) if endpoint.abroad else (cloud,))
            }
            last = endpoint.path.rpartition("/")[2].lower()
            for base in filter(None, bases):
                place = (_host(base), endpoint.method, endpoint.path.count("/"), None if "{" in last else last)
                self._operations.setdefault(place, []).append(endpoint)
        self._negative = negative
        self.tokens: dict[str, Audience] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a read-only request to a permitted host; return the response. Raises as :meth:`check` for any other."""
        self.check(request)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    def check(self, request: httpx.Request) -> Endpoint[Any]:
        """Return the declared operation of a request. Raises :class:`GuardError` for any other request."""
        url = request.url
        if self._identity is not None and url.copy_with(query=None) == self._identity:
            return self._local(request)
        if url.scheme != "https" or url.port not in (None, 443) or url.userinfo:
            raise GuardError(f"{url.scheme}://{url.host} is not a plain https address of a service")
        endpoint = self._declared(request)
        self._token_goes_home(request, endpoint.api)
        return endpoint

    def _local(self, request: httpx.Request) -> Endpoint[Any]:
        """Return the operation of a request to the managed identity endpoint, which is on this machine.

        The only permitted authorization header is Azure Arc's proof. No token of the run is sent to this endpoint.
        """
        header = request.headers.get("authorization")
        if request.method != "GET" or not (header is None or (self._proves_itself and header.startswith("Basic "))):
            raise GuardError("a managed identity endpoint is only asked for tokens")
        self._options(request, managed_identity.TOKEN)
        return managed_identity.TOKEN

    def _declared(self, request: httpx.Request) -> Endpoint[Any]:
        path = request.url.path
        place = (request.url.host, request.method, path.count("/"))
        for last in (path.rpartition("/")[2].lower(), None):
            for endpoint in self._operations.get((*place, last), ()):
                if endpoint.pattern.fullmatch(path):
                    self._options(request, endpoint)
                    if request.method == "POST" and endpoint.api.name == "log_analytics":
                        self._query_reads(request)
                    return endpoint
        raise GuardError(f"{request.method} {request.url.host}{path} is no declared read operation")

    @staticmethod
    def _options(request: httpx.Request, endpoint: Endpoint[Any]) -> None:
        allowed = PAGING_OPTIONS | {option.lower() for option in endpoint.query.values()}
        for option, _ in parse_qsl(request.url.query.decode(), keep_blank_values=True):
            if option.lower() not in allowed:
                raise GuardError(f"{endpoint.name} has no declared option {option}")

    @staticmethod
    def _query_reads(request: httpx.Request) -> None:
        query = json.loads(request.content or b"{}").get("query", "")
        if query.lstrip().startswith("."):
            raise GuardError("a control command is no query")

    def _token_goes_home(self, request: httpx.Request, api: Api) -> None:
        header = request.headers.get("authorization")
        if header is None:
            return
        audience = self.tokens.get(header.removeprefix("Bearer "))
        if audience is None:
            raise GuardError("only tokens that this run was issued are sent")
        if audience != api.audience and not (self._negative and api.audience is not None):
            raise GuardError(f"a token for {audience} does not go to {request.url.host}")


def next_link_problem(link: str, endpoint: Endpoint[Any], source: httpx.URL) -> str | None:
    """Return why a next link must not be followed, or None: the same host over https, the same path family."""
    try:
        url = httpx.URL(link)
    except (httpx.InvalidURL, ValueError):
        return "the next link is no URL"
    if url.scheme != "https" or url.host.lower() != source.host.lower() or url.port not in (None, 443) or url.userinfo:
        return (
            f"the next link leads to {url.scheme}://{url.netloc.decode('ascii', 'replace')}, not back to {source.host}"
        )
    if not endpoint.pattern.fullmatch(url.path):
        return f"the next link leads to {url.path}, another operation"
    return None
