"""Values that may be in a recording because they are the same for every customer, or reserved for documentation.

Pseudonyms are recognised by marks that real values do not have: GUIDs of one series, long numbers that begin with
zeros, words such as ``name-0007``, addresses and domains reserved for documentation.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache

from conformance.apis import ENDPOINTS
from conformance.apis.kql import QUERIES
from conformance.apis.permissions import RESOURCES
from conformance.apis.tables import TABLES
from conformance.connection.clouds import CLOUDS

GUID_MARK = "5ea1ed00000040008000"
"""The first digits of a pseudonym's GUID, without hyphens."""
HEX_MARK = "0" * 24
"""The first digits of the pseudonym of a long hexadecimal number."""
WORD = re.compile(r"(?:group|workspace|person|host|name|opaque|text|path|domain|url)-[0-9]{4,}", re.IGNORECASE)
"""A pseudonym of a name or text: the kind of the original, and a number."""

# RFC 2606 and RFC 6761; RFC 5737, RFC 2544 and RFC 3849; RFC 7042.
RESERVED_DOMAINS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "198.18.0.0/15",
        "2001:db8::/32",
        "0.0.0.0/32",
        "127.0.0.0/8",
        "::/127",
    )
)
MAC = re.compile(r"00[:-]?00[:-]?5e[:-]?00(?:[:-]?[0-9a-f]{2}){2}", re.IGNORECASE)
SID = re.compile(r"S-1-(?:5-21|12-1)-0-0-0(?:-[0-9]+)?", re.IGNORECASE)

_PUBLIC_HOSTS = """
    aka.ms asp.net data.nist.gov docs.microsoft.com go.microsoft.com graph.windows.net json-schema.org
    learn.microsoft.com login.windows.net microsoftonline.com microsoftonline.us odata.org
    partner.microsoftonline.cn pas.windows.net portal.azure.com schema.management.azure.com schemas.microsoft.com
    schemas.xmlsoap.org security.microsoft.com sts.windows.net system.net www.w3.org
    """
PUBLIC_HOSTS = frozenset(_PUBLIC_HOSTS.split())
"""Hosts of Microsoft and of standards that the services' documents mention, besides the hosts of the services."""
_PUBLIC_IDS = """
    00000000-0000-0000-0000-000000000000
    f8cdef31-a31e-4b4a-93e4-5f571e91255a
    """
PUBLIC_IDS = frozenset(_PUBLIC_IDS.split())
"""The nil GUID, and the tenant of Microsoft's own applications."""


@cache
def public_ids() -> frozenset[str]:
    """Return the GUIDs that are the same in every tenant, without hyphens: APIs, their permissions, built-in roles of
    Azure.
    """
    from conformance.fakes.state.roles import BUILT_IN

    ids = {*PUBLIC_IDS, *(role.id for role in BUILT_IN.values())}
    for resource in RESOURCES.values():
        ids.add(resource.app_id)
        for permission in resource.permissions.values():
            ids |= {id for id in (permission.application, permission.delegated) if id}
    return frozenset(id.replace("-", "").lower() for id in ids)


@cache
def public_hosts() -> frozenset[str]:
    """Return the hosts of the services in all clouds, and the hosts that their documents mention."""
    urls = [url for cloud in CLOUDS.values() for url in (cloud.portal, *cloud.hosts.values())]
    urls += [url for cloud in CLOUDS.values() for audiences in cloud.audiences.values() for url in audiences]
    return PUBLIC_HOSTS | {host(url) for url in urls}


@cache
def public_words() -> frozenset[str]:
    """Return the services' own names in lower case: segments of paths, tables, columns, words of queries."""
    segments = {word for endpoint in ENDPOINTS.values() for word in re.findall(r"[\w.]+", endpoint.path)}
    columns = {name for table in TABLES.values() for name in (*table.documented, *table.unverified)}
    query_words = {word for query in QUERIES.values() for word in re.findall(r"\w+", query.text)}
    return frozenset(word.lower() for word in (*segments, *columns, *TABLES, *query_words))


def host(url: str) -> str:
    """Return the host of a URL, in lower case."""
    return re.sub(r"^[a-z][a-z0-9+.-]*://", "", url.lower()).partition("/")[0].rpartition("@")[2].partition(":")[0]


def is_reserved_domain(name: str) -> bool:
    """Return whether a host or domain is reserved, so that no customer can own it."""
    name = name.lower().strip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in RESERVED_DOMAINS)


def is_reserved_address(text: str) -> bool:
    """Return whether an IP address is reserved, so that no customer can own it; also True for a text that is not an
    address.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return True
    return any(address in network for network in NETWORKS)


def known_id(digits: str) -> bool:
    """Return whether a GUID (with or without hyphens) is a pseudonym or the same in every tenant."""
    plain = digits.replace("-", "").lower()
    return plain.startswith(GUID_MARK) or plain in public_ids()
