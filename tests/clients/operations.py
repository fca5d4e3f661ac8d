"""Operations of Microsoft's unmodified clients, without retries and with short timeouts, for every scenario."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.securityinsight import SecurityInsightsMgmtClient
from azure.monitor.query import LogsQueryClient, LogsQueryStatus
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_http.middleware.options import RetryHandlerOption
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph_core import GraphClientFactory

from conformance.apis import kql
from conformance.connection import Certificate, ClientSecret, Connection, ManagedIdentity
from tests.agreement_table import OPERATIONS

PATIENCE = 2.0
"""Seconds before a client gives up a host that does not answer."""
ONCE = {"retry_total": 0, "connection_timeout": PATIENCE, "read_timeout": PATIENCE}
DEFENDER, DEFENDER_SCOPE = "https://api.security.microsoft.com/api", "https://api.securitycenter.microsoft.com/.default"


def credential_of(connection: Connection) -> Any:
    """Return azure-identity's credential of a connection."""
    ids, own = (connection.tenant_id, connection.client_id), connection.credential
    if isinstance(own, ClientSecret):
        return ClientSecretCredential(*ids, own.secrets[-1].reveal(), **ONCE)  # the client accepts only one: the newest
    if isinstance(own, Certificate):
        password = own.password.reveal() if own.password else None
        return CertificateCredential(*ids, certificate_data=own.content, password=password, **ONCE)
    if isinstance(own, ManagedIdentity):
        config = dict([own.selector]) if own.selector else None
        return ManagedIdentityCredential(identity_config=config, **ONCE)
    return ClientAssertionCredential(*ids, own.token, **ONCE)


@dataclass(frozen=True)
class Clients:
    """The calls of the clients in all operations, on one connection; each raises the error of its client."""

    connection: Connection
    credential: Any

    def token(self, scope: str) -> None:
        """Get a token for a scope."""
        self.credential.get_token(scope)

    def workspace(self) -> None:
        """Get the workspace from Azure Resource Manager."""
        with LogAnalyticsManagementClient(self.credential, self.connection.subscription_id, **ONCE) as client:
            client.workspaces.get(*self._place)

    def permissions(self) -> None:
        """List the effective permissions at the workspace."""
        with AuthorizationManagementClient(self.credential, self.connection.subscription_id, **ONCE) as client:
            provider = "Microsoft.OperationalInsights"
            group, name = self._place
            list(client.permissions.list_for_resource(group, provider, "", "workspaces", name))

    def query(self, text: str) -> None:
        """Run a query on the workspace; raise RuntimeError for a partial result too."""
        with LogsQueryClient(self.credential, **ONCE) as client:
            answer = client.query_workspace(self.connection.workspace_id, text, timespan=None)
        if answer.status != LogsQueryStatus.SUCCESS:
            raise RuntimeError(answer.status)

    def sentinel(self, question: Callable[[SecurityInsightsMgmtClient, tuple[str, str]], Any]) -> None:
        """Call a question with a client of Microsoft Sentinel, and with resource group and name of the workspace."""
        with SecurityInsightsMgmtClient(self.credential, self.connection.subscription_id, **ONCE) as client:
            question(client, self._place)

    def graph(self, question: Callable[[GraphServiceClient, Any], Awaitable[Any]]) -> None:
        """Await a question with a client of Microsoft Graph, and with a request configuration without retries."""

        async def ask() -> None:
            async with httpx.AsyncClient(timeout=PATIENCE) as plain:
                client = GraphClientFactory.create_with_default_middleware(client=plain)
                provider = AzureIdentityAuthenticationProvider(self.credential)
                graph = GraphServiceClient(request_adapter=GraphRequestAdapter(provider, client))
                once: RequestConfiguration[Any] = RequestConfiguration(options=[RetryHandlerOption(max_retries=0)])
                try:
                    await question(graph, once)
                finally:
                    for transport in filter(None, (client._transport, *client._mounts.values())):
                        await getattr(transport, "transport", transport).aclose()

        asyncio.run(ask())

    def defender(self, path: str) -> None:
        """Get a path of Defender for Endpoint; raise HttpResponseError for a refusal."""
        policies = [RetryPolicy(retry_total=0), BearerTokenCredentialPolicy(self.credential, DEFENDER_SCOPE)]
        with PipelineClient(DEFENDER, policies=policies, **ONCE) as client:
            client.send_request(HttpRequest("GET", DEFENDER + path)).raise_for_status()

    @property
    def _place(self) -> tuple[str, str]:
        return self.connection.resource_group, self.connection.workspace_name


def first_incident(client: SecurityInsightsMgmtClient, place: tuple[str, str]) -> None:
    """Get the newest incident by its id, if the workspace has incidents."""
    for incident in client.incidents.list(*place, top=1, orderby="properties/createdTimeUtc desc"):
        client.incidents.get(*place, incident.name)
        return


CALLS: dict[str, Callable[[Clients], None]] = {
    "token_arm": lambda clients: clients.token("https://management.azure.com/.default"),
    "token_log_analytics": lambda clients: clients.token("https://api.loganalytics.io/.default"),
    "token_graph": lambda clients: clients.token("https://graph.microsoft.com/.default"),
    "token_defender": lambda clients: clients.token(DEFENDER_SCOPE),
    "workspace": Clients.workspace,
    "permissions": Clients.permissions,
    "query": lambda clients: clients.query(kql.PRINT.text),
    "query_incidents": lambda clients: clients.query(kql.table("SecurityIncident").text),
    "onboarding": lambda clients: clients.sentinel(
        lambda client, place: client.sentinel_onboarding_states.get(*place, "default")
    ),
    "incidents": lambda clients: clients.sentinel(lambda client, place: list(client.incidents.list(*place))),
    "incident": lambda clients: clients.sentinel(first_incident),
    "alert_rules": lambda clients: clients.sentinel(lambda client, place: list(client.alert_rules.list(*place))),
    "graph_alerts": lambda clients: clients.graph(lambda client, once: client.security.alerts_v2.get(once)),
    "graph_incidents": lambda clients: clients.graph(lambda client, once: client.security.incidents.get(once)),
    "secure_scores": lambda clients: clients.graph(lambda client, once: client.security.secure_scores.get(once)),
    "machines": lambda clients: clients.defender("/machines"),
    "defender_alerts": lambda clients: clients.defender("/alerts"),
}
assert CALLS.keys() == OPERATIONS.keys()


def outcomes(connection: Connection) -> dict[str, str]:
    """Return, for each operation of :data:`OPERATIONS`, ``works`` or the short name of the error that it raised."""
    with credential_of(connection) as credential:
        clients = Clients(connection, credential)
        return {name: ending(partial(call, clients)) for name, call in CALLS.items()}


def ending(call: Callable[[], None]) -> str:
    """Return ``works``, or the short name of the error that a call raises."""
    try:
        call()
    except Exception as error:  # any error of a client is one that its users see
        return short(error)
    return "works"


def short(error: Exception) -> str:
    """Return the number of Entra's error, the status of the answer, or the class of the error, in this order."""
    if number := re.search(r"AADSTS\d+", str(error)):
        return number[0]
    status = getattr(error, "response_status_code", None) or getattr(error, "status_code", None)
    if status is None and isinstance(error, HttpResponseError) and error.response is not None:
        status = error.response.status_code
    return str(status or type(error).__name__)
