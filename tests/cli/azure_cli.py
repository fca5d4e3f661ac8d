"""The server that answers the Azure CLI in these tests: the virtual tenant, and a stand-in for requests it rejects."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx

from conformance.connection import Connection
from conformance.fakes import World

OTHER = "00000000-0c0f-4c0f-a11c-00000000000f"
"""The default subscription of the login; it is not the connection's."""
RESOURCE = "99999999-9999-4999-8999-999999999999"
"""The object id that the stand-in gives every service principal."""


@dataclass
class StandIn:
    """A server that answers as the virtual tenant; where the tenant does not answer 200, with a minimal success."""

    world: World
    requests: list[httpx.Request] = field(default_factory=list)

    async def handler(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        path = request.url.path.lower()
        if request.url.host.startswith("login."):
            return await self.world.handler(request)
        if path == "/subscriptions":
            subscriptions = [self._subscription(id) for id in (OTHER, self.world.connection.subscription_id)]
            return httpx.Response(200, json={"value": subscriptions})
        if request.method == "GET" and path.endswith("/roleassignments"):
            return httpx.Response(200, json={"value": list(_assignments(request))})
        response = await self.world.handler(request)
        if response.status_code == 200:
            return response
        return self._answer(request, path)

    def _subscription(self, id: str) -> dict[str, object]:
        tenant = self.world.connection.tenant_id
        return {
            "id": f"/subscriptions/{id}",
            "subscriptionId": id,
            "displayName": id[:4],
            "state": "Enabled",
            "tenantId": tenant,
        }

    def _answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(204)
        resource = {**RESOURCE_BODY, "appId": self.world.connection.client_id}
        if path.endswith(("/addpassword", "/register", "/unregister")):
            return httpx.Response(200, json=resource)
        if request.method == "GET" and (path.rsplit("/", 1)[-1] in COLLECTIONS or "filter" in str(request.url.query)):
            return httpx.Response(
                200, json={"value": [{**resource, "passwordCredentials": [resource], "keyCredentials": [resource]}]}
            )
        more = {"passwordCredentials": [resource], "keyCredentials": [resource], "resourceTypes": []}
        return httpx.Response(201 if request.method == "POST" else 200, json={**resource, **more})


def _assignments(request: httpx.Request) -> Iterator[dict[str, object]]:
    """Yield a role assignment, at the scope of the request, for the principal in its filter or for both known ones."""
    scope = request.url.path.partition("/providers/Microsoft.Authorization")[0]
    filter_id = re.search(r"'([0-9a-f-]{36})'", request.url.params.get("$filter", ""))
    for principal in (filter_id[1],) if filter_id else (OBJECT, RESOURCE):
        # Role definitions of a group are listed by the virtual tenant, those of a subscription by this stand-in.
        role = (
            f"/subscriptions/{scope.split('/')[2]}{READER}"
            if "/resourcegroups/" in scope.lower()
            else RESOURCE_BODY["id"]
        )
        properties = {"principalId": principal, "scope": scope, "roleDefinitionId": role}
        yield {
            **RESOURCE_BODY,
            "id": f"{scope}/{principal}",
            "properties": {**properties, "createdOn": "2026-01-01T00:00:00Z"},
        }


READER = "/providers/Microsoft.Authorization/roleDefinitions/8d289c81-5878-46d4-8554-54e1e3d8b5cb"
OBJECT = "55555555-5555-4555-8555-555555555555"
RESOURCE_BODY = {
    "id": RESOURCE,
    "name": "x",
    "appId": "",
    "keyId": RESOURCE,
    "appRoleId": "472e4a4d-bb4a-4026-98d1-0b0d74cb74a5",
    "resourceDisplayName": "Microsoft-Graph",
    "secretText": "made-up",
    "hint": "abc",
    "customKeyIdentifier": "AB",
    "state": "Enabled",
    "displayName": "sentinel-connection",
    "startDateTime": "2026-01-01T00:00:00Z",
    "endDateTime": "2027-01-01T00:00:00Z",
    "properties": {"roleName": "Reader"},
}
"""The body of a resource of any kind: all fields that a command prints."""
COLLECTIONS = frozenset(
    name.lower()
    for name in (
        "appRoleAssignments", "denyAssignments", "federatedIdentityCredentials", "locks", "policyAssignments",
        "resourcegroups", "roleAssignments", "roleDefinitions", "servicePrincipals", "tables", "workspaces",
    )
)  # fmt: skip
"""The last segments, in lower case, of paths that return a list."""


@dataclass
class Azure:
    """The command `az` in bash, signed in as the app of a connection."""

    connection: Connection
    stand_in: StandIn
    environment: dict[str, str]

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line in bash and return the process; ``calls`` then has the requests of this line."""
        self.stand_in.requests.clear()
        return subprocess.run(
            ["bash", "-c", line], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def calls(self) -> list[tuple[str, str, object]]:
        """Return method, URL and JSON body of each request of the last line, without the sign-in."""
        return [
            (request.method, str(request.url), json.loads(request.content) if request.content else None)
            for request in self.stand_in.requests
            if not request.url.host.startswith("login.")
        ]
