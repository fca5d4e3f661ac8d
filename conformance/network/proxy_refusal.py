"""The diagnosis of a proxy's refusal to open a tunnel: a wrong setting, a required sign-in, a prohibition, or a
failure.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import httpx

from conformance.findings import Finding, finding
from conformance.network.proxy_settings import Proxy, UnusableSetting
from conformance.network.route import Route, Stage
from conformance.network.trust import trust_note

DENIALS = frozenset({401, 403, 451})
SPOKEN = frozenset({"basic"})
"""The authentication schemes that this client supports for a proxy."""
_STATUS = re.compile(r"(\d{3})\b")
_SOCKS_REPLY = re.compile(r"could not connect: ([A-Za-z ]{1,40})\.")
"""httpcore's text for a SOCKS reply (RFC 1928)."""
_WORD = re.compile(r"[A-Za-z0-9_./-]{1,40}")


def proxy_refusal(error: Exception, route: Route) -> Finding | None:
    """Return the finding of a request that a proxy refused; None if the request failed for another reason.

    An untrusted certificate is another reason. If the stage of a ``httpx.ProxyError`` is not known, the status at the
    start of its message is used.
    """
    if isinstance(error, UnusableSetting):
        return finding("proxy_unusable", about=route.host, facts={"host": route.host}, explanation=f"{error}.")
    if isinstance(error, httpx.ProxyError) and route.stage >= Stage.SERVICE_TLS:
        status_match = _STATUS.match(str(error))
        route = Route(route.host, route.proxy, Stage.TUNNEL, int(status_match[1]) if status_match else None)
    if route.stage is Stage.SERVICE or any(isinstance(link, ssl.SSLCertVerificationError) for link in chain(error)):
        return None
    cause, said_so = _meaning(error, route)
    address = route.proxy.address if route.proxy else ""
    code = f"CONNECT {route.status}" if route.status else type(error).__name__
    who = f"The proxy {address}" if address else "The proxy on the way"
    explanation = f"{who}, asked for a tunnel to {route.host}:443, {said_so}."
    also = ("proxy_auth_required",) if cause == "proxy_denied" and _signs_in(route.proxy) else ()
    refusal = finding(cause, about=route.host, facts=route_facts(route), code=code, explanation=explanation, also=also)
    return replace(refusal, certainty="likely") if also else refusal


def route_facts(route: Route) -> dict[str, str]:
    """Return the facts for the commands of a fix, so that they use the same proxy as the request."""
    address = route.proxy.address if route.proxy else ""
    address = re.sub("^socks5://", "socks5h://", address)  # with socks5://, curl would resolve the name on this machine
    return {"host": route.host, "proxy": address, "proxy_user": "<user>" if _signs_in(route.proxy) else ""}


def on_the_way(subject: Finding, route: Route) -> Finding:
    """Return the finding with this machine's relevant settings in its explanation, for a request that no
    proxy refused.
    """
    notes = []
    if route.proxy is not None:
        address = route.proxy.address
        own = f"It is the proxy {address} itself that presented it."
        notes.append(own if route.stage is Stage.PROXY_TLS else f"{route.host} was asked through the proxy {address}.")
    elif exempt := route.exemption:
        notes.append(f"{exempt} takes {route.host} out of the proxy, so it was asked directly.")
    else:
        notes.append(f"The host is {route.host}.")
    if subject.cause == "tls_untrusted" and (note := trust_note()):
        notes.append(note)
    return replace(subject, explanation=" ".join([subject.explanation, *notes]))


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes, each once."""
    errors: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in errors:
        errors.append(current)
        yield current
        current = current.__cause__ or current.__context__


def _meaning(error: Exception, route: Route) -> tuple[str, str]:
    """Return the cause, and the behaviour of the proxy as the end of a sentence."""
    late = isinstance(error, httpx.TimeoutException)
    setting = route.proxy.setting if route.proxy else "the proxy setting"
    match route.stage:
        case Stage.CONNECT:
            unknown = any(type(link).__name__ == "gaierror" for link in chain(error))
            happened = "its name is not known here" if unknown else "it does not answer" if late else "it is down"
            return "proxy_failed", f"cannot be reached: {happened} (named by {setting})"
        case Stage.PROXY_TLS:
            return "proxy_unusable", f"does not speak TLS itself: write http:// in place of https:// in {setting}"
        case Stage.SERVICE_TLS:
            happened = "stayed silent" if late else "hung up"
            return "proxy_failed", f"opened it and then {happened} before the service's certificate came"
    if route.status is not None:
        return _by_status(route.status, route, setting)
    text = str(error)
    if "ruleset" in text:  # RFC 1928, reply 2
        return "proxy_denied", "does not allow it (SOCKS: connection not allowed by ruleset)"
    if "username/password" in text.lower() or "AUTHENTICATION REQUIRED" in text:  # RFC 1929, and RFC 1928 section 3
        return "proxy_auth_required", f"wants a user and a password, or others than those in {setting} (SOCKS)"
    if late:
        return "proxy_failed", "stayed silent"
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in text:
        return "proxy_failed", f"gave an answer that is not HTTP; if it speaks TLS itself, write https:// in {setting}"
    if isinstance(error, httpx.ProxyError):
        reply = _SOCKS_REPLY.search(text)
        return "proxy_failed", "could not reach the service" + (f" (SOCKS: {reply[1]})" if reply else "")
    return "proxy_failed", f"hung up without an answer; if it speaks TLS itself, write https:// in {setting}"


def _by_status(status: int, route: Route, setting: str) -> tuple[str, str]:
    phrase = f" {HTTPStatus(status).phrase}" if status in HTTPStatus.__members__.values() else ""
    answered = f"answered {status}{phrase}{_signature(route)}"
    if status == 407:
        offered = ", ".join(route.schemes)
        if route.schemes and not SPOKEN & {scheme.lower() for scheme in route.schemes}:
            return "proxy_auth_required", f"{answered}: it offers {offered} only, and this client speaks Basic"
        scheme = f" ({offered})" if offered else ""
        if _signs_in(route.proxy):
            return "proxy_auth_required", f"{answered}: it does not accept the user and password in {setting}{scheme}"
        return "proxy_auth_required", f"{answered}: it wants a user and a password, and {setting} has none{scheme}"
    if status in DENIALS:
        unless = f", or not the user and password in {setting}" if _signs_in(route.proxy) else ""
        return "proxy_denied", f"{answered}: it does not allow this host{unless}"
    if status >= 500 and status != HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED:
        return "proxy_failed", f"{answered}: it could not reach the service"
    return "proxy_failed", f"{answered}: it did not open it"


def _signature(route: Route) -> str:
    """Return the proxy's own name and error code, in brackets."""
    names = (route.headers.get(name, "") for name in ("x-squid-error", "server", "proxy-agent"))
    words = [match[0] for name in names if (match := _WORD.match(name))]
    return f" ({', '.join(dict.fromkeys(words))})" if words else ""


def _signs_in(proxy: Proxy | None) -> bool:
    return proxy is not None and proxy.has_credentials
