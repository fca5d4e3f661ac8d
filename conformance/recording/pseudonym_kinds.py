"""The kinds of values that pseudonyms replace, and the form of each kind's pseudonyms.

The form identifies a pseudonym: it is never replaced again, and the leak scan allows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType


@dataclass(frozen=True)
class Kind:
    """One kind. ``make(number, original)`` returns a pseudonym; ``form`` matches each of them in lower case.

    ``cased``: values that differ only in case are different values.
    """

    name: str
    title: str
    make: Callable[[int, str], str]
    form: re.Pattern[str]
    cased: bool = False


def _kind(name: str, title: str, make: Callable[[int, str], str], form: str, *, cased: bool = False) -> Kind:
    return Kind(name, title, make, re.compile(form), cased)


def _numbered(prefix: str, title: str, *, cased: bool = False) -> Kind:
    return _kind(prefix, title, lambda n, _: f"{prefix}-{n:04d}", rf"{prefix}-\d{{4,}}", cased=cased)


def _ipv4(number: int, _: str) -> str:
    # 192.0.2.0/24 is reserved for documentation, 198.18.0.0/15 for benchmarks.
    return str(IPv4Address("192.0.2.0") + number if number < 256 else IPv4Address("198.18.0.0") + number)


def _hash(number: int, original: str) -> str:
    return f"{number:0{len(original)}x}"


def _digits(number: int, original: str) -> str:
    return f"{number:0{len(original)}d}"


def _path(number: int, original: str) -> str:
    """Return a pseudonym in the style of the original path: Windows drive, network share, or POSIX."""
    drive = re.match(r"[A-Za-z]:\\|\\\\", original)
    return f"{drive.group()}path-{number:04d}" if drive else f"/path-{number:04d}"


GUID = _kind(
    "guid",
    "GUIDs: of tenants, subscriptions, workspaces, apps, objects, incidents, requests",
    lambda n, _: f"5ea1ed00-0000-4000-8000-{n:012x}",
    r"5ea1ed00-0000-4000-8000-[0-9a-f]{12}",
)
GROUP = _numbered("group", "names of resource groups")
WORKSPACE = _numbered("workspace", "names of workspaces")
PERSON = _numbered("person", "people and apps: display names, account names, the local part of UPNs and mail addresses")
HOST = _numbered("host", "host names")
NAME = _numbered("name", "other names: of rules, connectors, solutions, groups, tags and their values")
DOMAIN = _kind("domain", "domains", lambda n, _: f"domain-{n:04d}.example", r"domain-\d{4,}\.example")
IPV4 = _kind("ipv4", "IPv4 addresses", _ipv4, r"192\.0\.2\.\d{1,3}|198\.1[89]\.\d{1,3}\.\d{1,3}")
IPV6 = _kind(
    "ipv6",
    "IPv6 addresses",
    lambda n, _: str(IPv6Address("2001:db8:5ea1::") + n),
    r"2001:db8:5ea1::[0-9a-f:]{0,20}",
)
MAC = _kind(
    "mac",
    "hardware addresses",
    lambda n, original: _like_mac(0x00005E005300 + n, original),
    r"00\W?00\W?5e\W?00\W?[0-9a-f]{2}\W?[0-9a-f]{2}",
)
HASH = _kind(
    "hash", "hashes, thumbprints and device ids of 32 to 128 hexadecimal digits", _hash, r"0{24,}[0-9a-f]{1,104}"
)
NUMBER = _kind("number", "numbers of 10 and more digits within quotes", _digits, r"0{5,}\d{1,40}")
SID = _kind("sid", "security identifiers", lambda n, _: f"S-1-5-21-0-0-0-{n}", r"s-1-5-21-0-0-0-\d+")
PATH = _kind("path", "paths of files and of registry keys", _path, r"(?:[a-z]:\\|\\\\|/)path-\d{4,}", cased=True)
URL = _kind(
    "url",
    "addresses outside of the services",
    lambda n, original: f"{original.partition(':')[0].lower()}://url-{n:04d}.example/",
    r"[a-z][a-z0-9+.-]*://url-\d{4,}\.example/",
    cased=True,
)
OPAQUE = _numbered("opaque", "opaque ids, continuation tokens, etags, tokens that are no JWT", cased=True)
TEXT = _numbered("text", "free text: titles, descriptions, comments, command lines, queries, cells of rows", cased=True)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            GUID, GROUP, WORKSPACE, PERSON, HOST, NAME, DOMAIN, IPV4, IPV6, MAC, HASH, NUMBER, SID, PATH, URL, OPAQUE,
            TEXT,
        )
    }
)  # fmt: skip

ANY = re.compile("|".join(f"(?:{kind.form.pattern})" for kind in KINDS.values()), re.IGNORECASE)
"""Matches a pseudonym of any kind. Combined ones (``person-0001@domain-0001.example``) match only part by part."""


def _like_mac(address: int, original: str) -> str:
    digits = iter(f"{address:012x}")
    return "".join(next(digits) if character.isalnum() else character for character in original)
