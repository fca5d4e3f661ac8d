"""A small connector, as integrations have one: it fetches the incidents of a Microsoft Sentinel workspace."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

ARM = "https://management.azure.com"
ADVICE = {
    "AADSTS7000222": "The client secret has expired: create another one.",
    "AADSTS7000215": "This is not the client secret: paste its Value, not its ID.",
    "AADSTS700016": "The app is not in this tenant: check client id and tenant id.",
    "AADSTS7000112": "The app is disabled in the tenant.",
    "AADSTS90002": "There is no such tenant: check the tenant id.",
    "AADSTS53003": "A Conditional Access policy blocks the app.",
    "AuthorizationFailed": "The app has no Azure role at this workspace, or the workspace is elsewhere.",
    "SubscriptionNotFound": "There is no such subscription, or the app has no role in it.",
    "ResourceNotFound": "There is no such workspace in the resource group.",
    "429": "Azure is asked too often: try again later.",
    "unreachable": "Azure cannot be reached: check the network and the proxy.",
}


class ConnectorError(Exception):
    """What an administrator is told: ``code`` of the service, and what to do."""

    def __init__(self, code: str) -> None:
        super().__init__(ADVICE.get(code, f"Microsoft says {code}."))
        self.code = code


@dataclass
class Connector:
    tenant_id: str
    client_id: str
    client_secret: str
    workspace: str
    """The resource id of the workspace."""
    sleep: Callable[[float], object] = time.sleep

    def incidents(self) -> list[dict[str, Any]]:
        """All incidents. Raises ConnectorError."""
        url = f"{ARM}{self.workspace}/providers/Microsoft.SecurityInsights/incidents?api-version=2025-09-01"
        found: list[dict[str, Any]] = []
        with httpx.Client(timeout=30) as client:
            bearer = {"Authorization": f"Bearer {self._token(client)}"}
            while url:
                page = self._ask(client, "GET", url, headers=bearer)
                found += page["value"]
                url = page.get("nextLink", "")
        return found

    def _token(self, client: httpx.Client) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": f"{ARM}/.default",
        }
        url = f"https://login.microsoftonline.com/{self.tenant_id}/oauth2/v2.0/token"
        return str(self._ask(client, "POST", url, data=form)["access_token"])

    def _ask(self, client: httpx.Client, method: str, url: str, **content: Any) -> Any:
        for _ in range(4):
            try:
                answer = client.request(method, url, **content)
            except httpx.TransportError as error:
                raise ConnectorError("unreachable") from error
            if answer.status_code != 429:
                break
            self.sleep(float(answer.headers.get("Retry-After", 1)))
        if answer.is_success and "json" in answer.headers.get("Content-Type", ""):
            return answer.json()
        raise ConnectorError(_code(answer))


def _code(answer: httpx.Response) -> str:
    """What the service calls the error; its status where it says nothing that is understood."""
    try:
        error = answer.json()["error"]
        return str(error["code"]) if isinstance(error, dict) else answer.json()["error_description"].partition(":")[0]
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


if __name__ == "__main__":
    group = f"/subscriptions/{os.environ['AZURE_SUBSCRIPTION_ID']}/resourceGroups/{os.environ['AZURE_RESOURCE_GROUP']}"
    connector = Connector(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        f"{group}/providers/Microsoft.OperationalInsights/workspaces/{os.environ['WORKSPACE_NAME']}",
    )
    try:
        print(f"{len(connector.incidents())} incidents")
    except ConnectorError as error:
        raise SystemExit(str(error)) from None
