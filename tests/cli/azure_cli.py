"""What stands behind the Azure CLI in these tests: the virtual tenant, and a stand-in for what it does not serve."""

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
"""A subscription that is not the connection's, and the default one of the login."""
RESOURCE = "99999999-9999-4999-8999-999999999999"
"""The object id that every service principal has at the stand-in."""


@dataclass
class StandIn:
    """Answers as the virtual tenant where that serves a request; anything else with success, and the least there is."""

    world: World
    asked: list[httpx.Request] = field(default_factory=list)

    async def handler(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        path = request.url.path.lower()
        if request.url.host.startswith("login."):
            return await self.world.handler(request)
        if path == "/subscriptions":
            found = [self._subscription(id) for id in (OTHER, self.world.connection.subscription_id)]
            return httpx.Response(200, json={"value": found})
        if request.method == "GET" and path.endswith("/roleassignments"):
            return httpx.Response(200, json={"value": list(_assignments(request))})
        served = await self.world.handler(request)
        if served.status_code == 200:
            return served
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
        one = {**ONE, "appId": self.world.connection.client_id}
        if path.endswith(("/addpassword", "/register", "/unregister")):
            return httpx.Response(200, json=one)
        if request.method == "GET" and (path.rsplit("/", 1)[-1] in COLLECTIONS or "filter" in str(request.url.query)):
            return httpx.Response(200, json={"value": [{**one, "passwordCredentials": [one], "keyCredentials": [one]}]})
        more = {"passwordCredentials": [one], "keyCredentials": [one], "resourceTypes": []}
        return httpx.Response(201 if request.method == "POST" else 200, json={**one, **more})


def _assignments(request: httpx.Request) -> Iterator[dict[str, object]]:
    """A role assignment of each principal that is asked about, at the scope of the request."""
    scope = request.url.path.partition("/providers/Microsoft.Authorization")[0]
    named = re.search(r"'([0-9a-f-]{36})'", request.url.params.get("$filter", ""))
    for principal in (named[1],) if named else (OBJECT, RESOURCE):
        # At the group the virtual tenant itself lists the definitions, at the subscription this stand-in.
        role = f"/subscriptions/{scope.split('/')[2]}{READER}" if "/resourcegroups/" in scope.lower() else ONE["id"]
        properties = {"principalId": principal, "scope": scope, "roleDefinitionId": role}
        yield {**ONE, "id": f"{scope}/{principal}", "properties": {**properties, "createdOn": "2026-01-01T00:00:00Z"}}


READER = "/providers/Microsoft.Authorization/roleDefinitions/8d289c81-5878-46d4-8554-54e1e3d8b5cb"
OBJECT = "55555555-5555-4555-8555-555555555555"
ONE = {
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
"""A resource of any kind, with the fields that some command shows."""
COLLECTIONS = frozenset(
    name.lower()
    for name in (
        "appRoleAssignments", "denyAssignments", "federatedIdentityCredentials", "locks", "policyAssignments",
        "resourcegroups", "roleAssignments", "roleDefinitions", "servicePrincipals", "tables", "workspaces",
    )
)  # fmt: skip
"""The last parts of paths that are lists."""


@dataclass
class Azure:
    """`az` in bash, signed in as the app of a connection."""

    connection: Connection
    stand_in: StandIn
    environment: dict[str, str]

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """Types a line into bash; what it asked is in ``asked`` afterwards."""
        self.stand_in.asked.clear()
        return subprocess.run(
            ["bash", "-c", line], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def asked(self) -> list[tuple[str, str, object]]:
        """Method, URL and JSON body of what the last line asked, the sign-in aside."""
        return [
            (one.method, str(one.url), json.loads(one.content) if one.content else None)
            for one in self.stand_in.asked
            if not one.url.host.startswith("login.")
        ]
