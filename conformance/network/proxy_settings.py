"""The proxy settings of this machine: the proxy for a host, and errors in a setting."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.request import getproxies, proxy_bypass

import httpx

from conformance.connection.managed_identity import is_local

SCHEMES = ("http", "https", "socks5", "socks5h")
_AUTHORITY = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_HOST_PORT = re.compile(r"(?P<host>\[[0-9a-f:.%]+\]|[^\[\]:]*)(?::(?P<port>.*))?", re.IGNORECASE | re.DOTALL)


class UnusableSetting(httpx.TransportError):
    """A proxy variable or CA file of this machine cannot be used, so nothing can be sent.

    The message states the variable and its error; it contains neither a password nor the value itself.
    """


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy for https:// requests. ``url`` may contain credentials, so it is not part of the ``repr``.

    ``setting`` is the environment variable with the proxy, or "the system's proxy settings" (macOS, Windows).
    """

    url: str = field(repr=False)
    setting: str

    @property
    def address(self) -> str:
        """Return scheme, host and port, without credentials, in the form of curl's ``--proxy``."""
        parsed = httpx.URL(self.url)
        return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"

    @property
    def has_credentials(self) -> bool:
        """Return whether the URL of the proxy contains a user name or a password."""
        return bool(httpx.URL(self.url).userinfo)


def proxy_for(host: str) -> str | None:
    """Return the URL of the proxy for https requests to ``host``, with its credentials; None for a direct connection.

    This machine and link-local addresses never have a proxy. The environment is read like in
    :func:`urllib.request.getproxies`, otherwise the system's settings. The URL may be unusable: :func:`proxy_to` checks
    it.
    """
    if is_local(host) or proxy_bypass(host):
        return None
    value = _https_proxy()
    return value if value is None or "://" in value else f"http://{value}"


def proxy_to(host: str) -> Proxy | None:
    """Return the proxy for ``host``; None for a direct connection. Raises :class:`UnusableSetting`."""
    url = proxy_for(host)
    if url is None:
        return None
    value = _https_proxy() or ""
    setting = _variable(value)
    if flaw := flaw_of(value):
        raise UnusableSetting(f"{setting} cannot be used: {flaw}")
    return Proxy(url, setting)


def exemption(host: str) -> str | None:
    """Return the NO_PROXY variable that exempts ``host`` from a configured proxy, such as ``NO_PROXY=azure.com``.

    None if no proxy is configured, or if the proxy applies to the host.
    """
    if _https_proxy() is None or not proxy_bypass(host):
        return None
    name = next((variable for variable in ("no_proxy", "NO_PROXY") if os.environ.get(variable)), None)
    if name is None:
        return "the system's list of exceptions"
    entries = [entry.strip() for entry in os.environ[name].split(",")]
    caught = [entry for entry in entries if entry == "*" or f".{host}".endswith(f".{entry.lstrip('.').lower() or '*'}")]
    return f"{name}={','.join(caught)}" if caught else name


def flaw_of(value: str) -> str | None:
    """Return the error in the value of a proxy variable, without any of its secrets; None if it is usable."""
    return next(_flaws(value), None)


def _flaws(value: str) -> Iterator[str]:
    if value[:1] in "\"'`" or value[-1:] in "\"'`":
        yield "the value itself begins or ends with a quote; write it without"
    if any(character.isspace() or not character.isprintable() for character in value):
        yield "it holds a blank, a line break or a control character; remove it, or percent-encode it in a password"
    if "://" not in value and re.match(r"(?i)(https?|socks\w*)(:/|//|:(?!\d))", value):
        yield "the scheme is not followed by '://'; write http://host:port"
    parts = _AUTHORITY.fullmatch(value if "://" in value else f"http://{value}")
    if parts is None:
        yield "it is not an address; write http://host:port"
        return
    scheme = parts["scheme"].lower()
    if scheme not in SCHEMES:
        yield f"the scheme {scheme}:// is not supported; write http://, https:// or socks5://"
    if scheme.startswith("socks") and find_spec("socksio") is None:
        yield f"{scheme}:// needs a package that is not installed: pip install 'sentinel-conformance[socks]'"
    if "@" in parts["rest"]:
        yield "user or password hold '#', '/' or '?' as they are; percent-encode them (%23, %2F, %3F)"
    if parts["authority"].count("@") > 1:
        yield "user or password hold '@' as it is; percent-encode it (%40)"
    if re.search(r"\.(pac|dat)$", parts["rest"].lower()):
        yield "it is the address of a PAC file, which cannot be read; write the address of the proxy itself"
    place = _HOST_PORT.fullmatch(parts["authority"].rpartition("@")[2])
    if place is None or not place["host"]:
        yield "it names no host; write http://host:port"
    elif place["port"] and not (
        place["port"].isascii() and place["port"].isdecimal() and 0 < int(place["port"]) < 65536
    ):
        yield "the port is not a number from 1 to 65535"
    try:
        httpx.Proxy(httpx.URL(value if "://" in value else f"http://{value}"))
    except (httpx.InvalidURL, ValueError):
        yield "it is not an address; write http://host:port"


def _https_proxy() -> str | None:
    """Return the unchanged value of the proxy setting for https."""
    proxies = getproxies()
    return proxies.get("https") or proxies.get("all")


def _variable(value: str) -> str:
    """Return the name of the variable with this value; lower case comes first, as in urllib."""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if os.environ.get(name) == value), "the system's proxy settings")
