"""The vocabulary that is not scrubbed: words, names, ids and hosts of the services themselves."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import httpx
import msgspec

from conformance.apis import ENDPOINTS
from conformance.apis.kql import FRESHNESS_TABLES, QUERIES
from conformance.apis.permissions import RESOURCES
from conformance.apis.tables import TABLES
from conformance.connection import CLOUDS

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
RESOURCE_TYPE = re.compile(r"microsoft\.[a-z.]+(?:/[a-z*]+|/\$metadata)*", re.IGNORECASE)
"""A resource type, or an action on one."""
SERVICE_HOSTS = frozenset(
    {
        "sts.windows.net",
        "login.windows.net",
        "login.microsoft.com",
        "graph.windows.net",
        "pas.windows.net",
        "portal.azure.com",
        "portal.azure.us",
        "portal.azure.cn",
        "security.microsoft.com",
        "device.login.microsoftonline.com",
        "learn.microsoft.com",
        "docs.microsoft.com",
        "go.microsoft.com",
        "aka.ms",
        "microsoftonline.com",
        "microsoftonline.us",
        "partner.microsoftonline.cn",
    }
)
"""Hosts of Microsoft that occur in answers, besides those of the clouds. None has subdomains with names given by
customers.
"""
NO_PROSE = frozenset({"hosts.toml", "verbs.toml"})
"""Data files without error texts: names of hosts and of commands, whose parts may also be names of people."""
_OWN = "$metadata $entity .default default common organizations consumers PrimaryResult authorize keys"
_PRODUCTS = (
    "Azure Microsoft Sentinel XDR Defender Security Insights for Cloud Apps Endpoint Identity Office Entra Purview"
)
_EVENTS = """data connector fetch status change failure summary automation playbook was triggered analytics rule run
    scheduled nrt success partial informational"""
"""The words in the documented kinds, operations and states of SentinelHealth."""
_MARKUP = "html head body title meta div span center pre script style href http equiv content charset utf doctype"


_TRAILER = "trace correlation id timestamp request"
_EXAMPLES = frozenset({"contoso", "fabrikam", "adatum", "northwind"})
"""Names of customers in Microsoft's documentation."""


@cache
def hosts() -> frozenset[str]:
    """Return the hosts that are not scrubbed."""
    names_of_clouds = {httpx.URL(url).host for cloud in CLOUDS.values() for url in cloud.hosts.values()}
    audiences = {httpx.URL(url).host for resource in RESOURCES.values() for url in resource.audiences}
    return frozenset(SERVICE_HOSTS | names_of_clouds | audiences)


@cache
def guids() -> frozenset[str]:
    """Return the GUIDs that are the same in every tenant, in lower case: built-in roles, APIs and their permissions."""
    permissions = [permission for resource in RESOURCES.values() for permission in resource.permissions.values()]
    ids = {resource.app_id for resource in RESOURCES.values()}
    ids |= {id for permission in permissions for id in (permission.application, permission.delegated) if id}
    ids |= {row["id"] for row in _built_in_roles()}
    return frozenset(id.lower() for id in (*ids, "00000000-0000-0000-0000-000000000000"))


@cache
def names() -> frozenset[str]:
    """Return names and path segments of the services in lower case: tables, columns, permissions, literal segments."""
    segments = {
        part for endpoint in ENDPOINTS.values() for part in re.split(r"[/()',=]", endpoint.path) if "{" not in part
    }
    permissions = {name for resource in RESOURCES.values() for name in (*resource.permissions, resource.name)}
    queried = {word for query in QUERIES.values() for word in re.findall(r"\w{3,}", query.text)}
    result = {*segments, *permissions, *own(), *queried, *_OWN.split()}
    return frozenset(name.lower() for name in result if name)


@cache
def own() -> frozenset[str]:
    """Return the services' own names: tables with their columns, and objects that every workspace has."""
    columns = {name for table in TABLES.values() for name in (*table.documented, *table.unverified)}
    return frozenset({*columns, *TABLES, *FRESHNESS_TABLES, "PrimaryResult", "default"})


@cache
def words() -> frozenset[str]:
    """Return the words of error texts in lower case: those of the catalogues, of known refusals and of built-in roles.

    Every other word of an error text is treated as a person's name.
    """
    texts = [text for file in _texts("findings") for text in _strings(file)]
    texts += [text for file in _texts("fakes", "services", "refusals") for text in _strings(file)]
    texts += [row["name"] for row in _built_in_roles()]
    texts += [_MARKUP, _PRODUCTS, _EVENTS, _TRAILER]
    return frozenset(word.lower() for text in texts for word in WORD.findall(text)) - _EXAMPLES | names()


def _built_in_roles() -> list[dict[str, Any]]:
    roles: list[dict[str, Any]] = msgspec.json.decode(_data("fakes", "state", "roles.json"))
    return roles


def _texts(*room: str) -> Iterator[dict[str, Any]]:
    for file in resources.files("conformance").joinpath(*room).iterdir():
        if file.name.endswith(".toml") and file.name not in NO_PROSE:
            yield tomllib.loads(file.read_text(encoding="utf-8"))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _data(*path: str) -> bytes:
    return resources.files("conformance").joinpath(*path).read_bytes()
