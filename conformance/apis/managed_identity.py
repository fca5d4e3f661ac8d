"""The endpoint that gives a managed identity its tokens: on the machine itself, in three forms.

On virtual machines it has a link-local address (IMDS). App Service and the agent of Azure Arc set its address in
environment variables. Entra issues the tokens; no credential leaves the machine.
"""

from __future__ import annotations

from conformance.apis.endpoint import Api, Endpoint
from conformance.apis.entra import OAuthShape, TokenResponse

MANAGED_IDENTITY = Api("managed_identity", "the managed identity endpoint", None)
"""Not an API of a cloud: it has no host there, and no audience."""


class ManagedIdentityToken(OAuthShape, frozen=True, kw_only=True):
    """An issued token. Lifetimes are texts; App Service sends the end as a time, not the seconds until then."""

    access_token: str
    expires_on: str | int
    token_type: str = "Bearer"
    expires_in: str | int | None = None
    resource: str | None = None
    client_id: str | None = None
    object_id: str | None = None
    msi_res_id: str | None = None

    def __repr__(self) -> str:
        return f"ManagedIdentityToken(token_type={self.token_type!r}, expires_on={self.expires_on}, access_token=...)"

    # rich has its own way to inspect an object
    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("token_type", self.token_type), ("expires_on", self.expires_on)]

    def response(self, now: float) -> TokenResponse:
        """Return the token in the form of Entra's own answer, at ``now`` (seconds since 1970). Raises ValueError for a
        time that is not a number.
        """
        remaining = int(self.expires_in) if self.expires_in is not None else int(self.expires_on) - int(now)
        return TokenResponse(token_type=self.token_type, expires_in=remaining, access_token=self.access_token)


TOKEN = Endpoint(
    name="managed_identity.token",
    api=MANAGED_IDENTITY,
    method="GET",
    path="/metadata/identity/oauth2/token",
    answers=ManagedIdentityToken,
    source="https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token",
    query={
        "version": "api-version",
        "resource": "resource",
        "client": "client_id",
        "object": "object_id",
        "vm_resource": "msi_res_id",
        "app_resource": "mi_res_id",
    },
)
"""The path of IMDS; App Service has its own path, in its environment variable."""
