"""The service of a host name, a URL or a client library's phrase."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from conformance.findings.data import load
from conformance.findings.lazy_pattern import lazy_pattern

OTHER = "other"
"""The service name of everything of Microsoft that a connection does not use."""

_URL = lazy_pattern(r"https?://([A-Za-z0-9_.-]+)(?::[0-9]{2,5})?(/[^\s\"'<>\\)\]}|`“”‘’«»]*)?", re.IGNORECASE)
# Words before the URL of a request, or around its host, in logs and exceptions of clients.
_REQUESTED = lazy_pattern(
    r"(?:\bfor ur[li]:?|\bur[li]\\?[\"']?\s*[:=]|\bGET|\bPOST|\bPUT|\bPATCH|\bDELETE|\bHEAD"
    r"|\bEndpoint\w*\\?[\"']?\s*[:=]|request(?:ed)?(?: ur[li])?\\?[\"']?\s*[:=]"
    r"|\bto|\bfrom|\bcalling|\bfetch(?:ing)?|Uri\\?[\"']?\s*[:=]|\bat)"
    r"[\s\\\"'(<\[]*$",
    re.IGNORECASE,
)
_NAME = lazy_pattern(
    r"https?://[^/]+(?:/|//?\.default|/windowsatpservice)?|https?://(?:sts|login)\.[^/]+/[0-9a-f-]{36}/?", re.IGNORECASE
)
_HOST = lazy_pattern(
    r"(?:\bhost\\?[\"']?\s*[:=]\s*\\?[\"']?|\blookup |\bhostname\\?[\"']?\s*[:=]\s*\\?[\"']?|[Nn]o such host: )"
    r"([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
)
_NEAR = lazy_pattern(
    r"(microsoft|windows|azure|office|office365|live|msftauth|microsoftonline)[a-z-]*\.(com|net|us|cn|io)$|localhost|"
    r"\.(local|internal|lan|corp|example)$|^[0-9.]+$|^[^.]+$"
)
_MAKERS = lazy_pattern(r"\b(amazonaws|Amazon S3|AWS4-HMAC|googleapis|Google Cloud|okta\.com)\b", re.IGNORECASE)
_SIGN = lazy_pattern(
    r"(?i)microsoft|\bazure|\bentra\b|AADSTS|\baka\.ms/|windows\.net|\bkusto|\bsentinel\b|\bdefender|\bodata"
    r"|\btenant|correlation ?id|trace ?id|\bx-ms-|\brequest-?id|/subscriptions/|/resourcegroups/|\blog ?analytics"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
)
"""Names, headers and ids that answers of Microsoft and its clients are full of."""
_PAGES = lazy_pattern(
    r"learn\.microsoft\.com|docs\.microsoft\.com|aka\.ms|go\.microsoft\.com|portal\.azure|github\.com"
)


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a request: host in lower case, and path with query."""

    host: str
    path: str = ""


@cache
def _patterns() -> tuple[tuple[str, str | None, tuple[str, ...]], ...]:
    """Return tuples of service, name of another service or None, and host patterns."""
    data = load("hosts")
    own = tuple((service, None, tuple(hosts)) for service, hosts in data["own"].items())
    return own + tuple((OTHER, name, tuple(hosts)) for name, hosts in data["other"].items())


@cache
def _expressions(table: str) -> Mapping[str, re.Pattern[str]]:
    return {name: lazy_pattern(pattern) for name, pattern in load("hosts")[table].items()}


def service_of(address: Address) -> tuple[str, str | None] | None:
    """Return the service and the name of another service (or None) of an address; None for an unknown host."""
    for service, other, hosts in _patterns():
        if any(fnmatchcase(address.host, pattern) for pattern in hosts):
            for name, path in _expressions("paths").items():
                if service == "arm" and path.search(address.path):
                    return name, None
            return service, other
    return None


def stranger(addresses: list[Address], text: str) -> str | None:
    """Return the host or maker of a service that is not Microsoft's, unless a request was sent to a known service; else
    None.
    """
    if any(service_of(address) for address in addresses):
        return None
    other_hosts = [address.host for address in addresses if not _NEAR.search(address.host)]
    if other_hosts:
        return other_hosts[-1]
    maker = _MAKERS.search(text[:16384])
    return maker[0] if maker else None


def has_sign(text: str) -> bool:
    """Return whether a text has a sign of Microsoft: a name, a header or an id that is common in its answers."""
    return _SIGN.search(text[:16384]) is not None


def address_of(url: str) -> Address | None:
    """Return the address in a URL, or None."""
    match = _URL.match(url.strip())
    return Address(match[1].lower().rstrip("."), match[2] or "") if match else None


def request_addresses(text: str) -> list[Address]:
    """Return the addresses of requests in a text, in order. Pages of documentation are left out."""
    addresses = []
    for match in _URL.finditer(text[:16384]):
        if _REQUESTED.search(text, max(0, match.start() - 40), match.start()) and not _PAGES.search(match[1]):
            addresses.append((match.start(), Address(match[1].lower().rstrip("."), match[2] or "")))
    addresses += [(match.start(), Address(match[1].lower())) for match in _HOST.finditer(text[:16384])]
    return [address for _, address in sorted(addresses, key=lambda item: item[0])]


def mentioned_addresses(text: str) -> Iterator[Address]:
    """Yield every address with a path in a text. Without a path it may be an issuer or an audience."""
    for match in _URL.finditer(text[:16384]):
        if not _PAGES.search(match[1]) and not _NAME.fullmatch(match[0]):
            yield Address(match[1].lower().rstrip("."), match[2] or "")


def service_in_words(text: str) -> str | None:
    """Return the service in the words of a client library, or None. The last of several counts, because wrapped errors
    end with the original one.
    """
    services = [
        (match.start(), service)
        for service, phrase in _expressions("phrases").items()
        for match in phrase.finditer(text[:16384])
    ]
    return max(services)[1] if services else None
