"""The findings of requests without an answer, from errors of the transport."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from conformance.findings import Finding, finding
from conformance.network.proxy_refusal import chain, on_the_way, proxy_refusal, route_facts
from conformance.network.route import Route

CUT_OFF = frozenset({"ConnectionResetError", "BrokenPipeError", "SSLEOFError", "BrokenResourceError", "EndOfStream"})
"""Types of errors (of the system, ssl and anyio) of a connection that ends in the middle of a handshake."""


def silence(seconds: float) -> str:
    """Return the error code for an answer that was not complete within this many seconds."""
    return f"no answer within {seconds:g} s"


def late(host: str, code: str) -> Finding:
    """Return the finding of an answer that did not come in time."""
    return finding("timed_out", about=host, facts={"host": host}, code=code)


@contextmanager
def tls_read_errors() -> Iterator[None]:
    """Raise a broken TLS record as ``httpx.ReadError``: httpcore 1.0 and httpx pass ``ssl.SSLError`` on as it is."""
    try:
        yield
    except ssl.SSLError as error:
        raise httpx.ReadError(str(error)) from error


def is_cut_off(error: httpx.HTTPError) -> bool:
    """Return whether an open connection ended before the answer was complete, or during its TLS handshake."""
    if isinstance(error, httpx.ConnectError):
        return any(type(link).__name__ in CUT_OFF for link in chain(error))
    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)


def network_finding(error: httpx.HTTPError, host: str, route: Route | None = None) -> Finding:
    """Return the finding of a transport error: proxy, name resolution, connection, certificate or timeout.

    ``route`` is the route of the request, if the source knows it.
    """
    route = route or Route(host)
    if (refused := proxy_refusal(error, route)) is not None:
        return refused
    links = list(chain(error))
    text = " ".join(str(link) for link in links)
    in_handshake = not isinstance(error, httpx.ReadError | httpx.WriteError)
    if isinstance(error, httpx.TimeoutException):
        cause = "timed_out"
    elif isinstance(error, httpx.DecodingError):
        cause = "intercepted"
    elif (in_handshake and any(is_untrusted(link) for link in links)) or "CERTIFICATE_VERIFY_FAILED" in text:
        cause = "tls_untrusted"
    elif any(type(link).__name__ == "gaierror" for link in links) or "Name or service not known" in text:
        cause = "dns_failure"
    else:
        cause = "connection_failed"
    return on_the_way(finding(cause, about=host, facts=route_facts(route), code=type(error).__name__), route)


def is_untrusted(error: BaseException) -> bool:
    """Return whether a certificate was not trusted; a handshake that was cut off does not count."""
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError)
