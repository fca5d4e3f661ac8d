"""Microsoft's clouds: the hosts of each API and the audiences of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.apis.endpoint import Api, Audience
from conformance.apis.permissions import RESOURCES
from conformance.toml_file.tables import table


@dataclass(frozen=True)
class Cloud:
    """One cloud. An API without an entry in ``hosts`` is not offered in this cloud."""

    name: str
    title: str
    az: str
    """The cloud's name for ``az cloud set``."""
    portal: str
    hosts: Mapping[str, str]
    audiences: Mapping[Audience, tuple[str, ...]]

    @property
    def login(self) -> str:
        """Return the base URL of Entra's sign-in."""
        return self.hosts["entra"]

    def host(self, api: Api) -> str | None:
        """Return the base URL of an API, or None if the cloud does not offer it. Sentinel has the URL of Azure Resource
        Manager.
        """
        return self.hosts.get(api.audience or api.name)

    def audience(self, name: Audience) -> str | None:
        """Return the audience for a token request, or None if the cloud does not offer it."""
        identifiers = self.audiences.get(name)
        return identifiers[0] if identifiers else None

    def scope(self, name: Audience) -> str:
        """Return the scope of a client-credentials request for an audience. Raises KeyError if the cloud does not offer
        it.
        """
        return f"{self.audiences[name][0]}/.default"

    def accepts(self, name: Audience, aud: str) -> bool:
        """Return whether ``aud`` of a token is this resource: one of its URIs, with or without a final slash, or its
        app id.
        """
        audience = aud.lower().rstrip("/")
        return audience == RESOURCES[name].app_id or audience in (
            identifier.lower() for identifier in self.audiences.get(name, ())
        )


def _load() -> Mapping[str, Cloud]:
    return MappingProxyType(
        {
            name: Cloud(
                name,
                row["title"],
                row["az"],
                row["portal"],
                MappingProxyType(row["hosts"]),
                MappingProxyType({audience: tuple(identifiers) for audience, identifiers in row["audiences"].items()}),
            )
            for name, row in table(__package__, "clouds.toml").items()
        }
    )


CLOUDS = _load()
"""The clouds by the name that a connection file uses."""
