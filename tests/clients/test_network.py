"""Failures of the network between client and service: each client raises its own error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
from azure.core.exceptions import AzureError, ServiceResponseError
from azure.monitor.query import LogsQueryClient

from conformance.apis import kql
from conformance.fakes import World

MACHINES = "https://api.security.microsoft.com/api/machines"


def query(world: World, credential: Any) -> None:
    with LogsQueryClient(credential, retry_total=0) as client:
        client.query_workspace(world.connection.workspace_id, kql.PRINT.text, timespan=None)


def test_a_refused_connection_is_an_error(arranged: Callable[..., World], signed_in: Callable[..., Any]) -> None:
    world = arranged("connection-refused")
    with pytest.raises(ServiceResponseError, match="Connection aborted"):
        query(world, signed_in(world.connection))


def test_an_untrusted_certificate_is_an_error(arranged: Callable[..., World], signed_in: Callable[..., Any]) -> None:
    world = arranged("tls-inspected")
    with pytest.raises(AzureError, match="CERTIFICATE_VERIFY_FAILED"):
        query(world, signed_in(world.connection))
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        requests.get(MACHINES, timeout=60)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(MACHINES)


def test_an_unknown_host_name_is_an_error(arranged: Callable[..., World], ask: Any) -> None:
    arranged("host-unknown")
    with pytest.raises(httpx.ProxyError, match="Name or service not known"):
        ask(lambda graph: graph.security.alerts_v2.get())
    with pytest.raises(requests.exceptions.ProxyError, match="Name or service not known"):
        requests.get("https://graph.microsoft.com/v1.0/security/alerts_v2", timeout=60)


def test_an_html_page_in_place_of_an_answer_is_an_error(arranged: Callable[..., World], ask: Any) -> None:
    arranged("intercepted")
    with pytest.raises(Exception, match="text/html does not have a factory registered"):
        ask(lambda graph: graph.security.alerts_v2.get())


def test_a_host_that_does_not_answer_is_a_timeout(arranged: Callable[..., World]) -> None:
    arranged("no-answer")
    with pytest.raises(requests.ReadTimeout):
        requests.get(MACHINES, timeout=(60, 3))
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(MACHINES, timeout=httpx.Timeout(60, read=3))
