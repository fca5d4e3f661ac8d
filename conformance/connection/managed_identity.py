"""Managed identities: Azure manages the credential, and a program gets tokens from its own machine."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from conformance.connection.secret import SecretError
from conformance.redaction import remember

Platform = Literal["imds", "app_service", "arc"]
"""The service that answers: the metadata service of virtual machines and AKS nodes, App Service (also Functions,
Container Apps, Automation), or the agent of an Azure Arc server.
"""
IMDS = "http://169.254.169.254"
IMDS_PATH = "/metadata/identity/oauth2/token"
ARC = f"http://localhost:40342{IMDS_PATH}"
SELECTORS = ("client_id", "object_id", "resource_id")
"""The keys that select a user-assigned identity."""
_ARC_AGENT: Mapping[str, str] = {
    "linux": "/opt/azcmagent/bin/himds",
    "win32": r"${ProgramFiles}\AzureConnectedMachineAgent\himds.exe",
}
_UNSUPPORTED: Mapping[str, tuple[str, ...]] = {
    "Service Fabric": ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT"),
    "Azure Machine Learning": ("MSI_ENDPOINT", "MSI_SECRET"),
    "Cloud Shell": ("MSI_ENDPOINT",),
}
"""Other platforms with identities, and the variables that show them: their endpoints are not supported."""


@dataclass(frozen=True)
class ManagedIdentity:
    """An identity of the machine or service that runs this program. ``selector`` is a key of :data:`SELECTORS` with its
    value for a user-assigned identity, None for the system-assigned one.

    ``endpoint`` answers token requests. It must be http on this machine's own addresses (loopback or link-local), in
    any environment. Raises :class:`SecretError` for any other address.
    """

    platform: Platform = "imds"
    endpoint: str = IMDS + IMDS_PATH
    selector: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if problem := _endpoint_problem(self.endpoint):
            raise SecretError(f"the managed identity endpoint {problem}")

    def msal(self) -> Any:
        """Return the identity in the form for msal's ``ManagedIdentityClient``."""
        import msal

        if self.selector is None:
            return msal.SystemAssignedManagedIdentity()
        name, value = self.selector
        return msal.UserAssignedManagedIdentity(**{name: value})

    def __str__(self) -> str:
        if self.selector is None:
            return "the system-assigned identity"
        return "the user-assigned identity with {} {}".format(*self.selector)


def find_identity(environ: Mapping[str, str], selector: tuple[str, str] | None) -> ManagedIdentity:
    """Return the identity with the endpoint from these environment variables, chosen as in msal; the default is the
    metadata service of virtual machines.

    AZURE_POD_IDENTITY_AUTHORITY_HOST replaces the address of that service, but only with a loopback address. Raises
    :class:`SecretError` for an endpoint that is not on this machine, and for a platform that is not supported.
    """
    for name, variables in _UNSUPPORTED.items():
        if all(environ.get(variable) for variable in variables):
            raise SecretError(
                f"{' and '.join(variables)} are those of {name}, whose managed identities are not supported here"
            )
    endpoint = environ.get("IDENTITY_ENDPOINT")
    if endpoint and environ.get("IDENTITY_HEADER"):
        remember(environ["IDENTITY_HEADER"])
        return ManagedIdentity("app_service", _environment_name(endpoint, "IDENTITY_ENDPOINT"), selector)
    if endpoint and environ.get("IMDS_ENDPOINT"):
        return ManagedIdentity("arc", _environment_name(endpoint, "IDENTITY_ENDPOINT"), selector)
    if _has_arc_agent():
        return ManagedIdentity("arc", ARC, selector)
    host = environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", IMDS).strip("/")
    if host != IMDS and not is_loopback(urlsplit(host).hostname or ""):
        raise SecretError("AZURE_POD_IDENTITY_AUTHORITY_HOST leads to another machine; only loopback may replace IMDS")
    return ManagedIdentity("imds", host + IMDS_PATH, selector)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself, by name or address."""
    return host.lower() == "localhost" or _address(host, "is_loopback")


def is_local(host: str) -> bool:
    """Return whether a host is this machine or has an address that routers do not forward (link-local)."""
    return is_loopback(host) or _address(host, "is_link_local")


def _address(host: str, kind: str) -> bool:
    try:
        return bool(getattr(ipaddress.ip_address(host.strip("[]")), kind))
    except ValueError:
        return False


def _endpoint_problem(endpoint: str) -> str | None:
    """Return the reason why no token may be requested from an endpoint, or None."""
    try:
        url = urlsplit(endpoint)
        host, _ = url.hostname, url.port
    except ValueError:
        return "is no address"
    if url.scheme != "http" or url.username or url.password or url.query or url.fragment:
        return "is no plain http address"
    if not is_local(host or ""):
        return "is on another machine; managed identities are asked for on this machine alone"
    return None


def _environment_name(endpoint: str, variable: str) -> str:
    """Return an endpoint. Raises :class:`SecretError` with the name of the variable for a forbidden one."""
    if problem := _endpoint_problem(endpoint):
        raise SecretError(f"what {variable} names {problem}")
    return endpoint


def _has_arc_agent() -> bool:
    """Return whether the agent of Azure Arc is installed here: then msal uses it, for any values of the variables."""
    path = _ARC_AGENT.get(sys.platform)
    return path is not None and os.path.exists(os.path.expandvars(path))
