"""requests, aiohttp and urllib through the fixture `sentinel_server`: the environment leads them to it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable

import aiohttp
import pytest
import requests

from conformance.connection import ClientSecret
from conformance.fakes.network.served import ServedTenant


def by_requests(url: str, form: dict[str, str]) -> tuple[int, str]:
    answer = requests.post(url, data=form, timeout=10)
    return answer.status_code, answer.text


def by_aiohttp(url: str, form: dict[str, str]) -> tuple[int, str]:
    async def ask() -> tuple[int, str]:
        async with aiohttp.ClientSession(trust_env=True) as session, session.post(url, data=form) as answer:
            return answer.status, await answer.text()

    return asyncio.run(ask())


def by_urllib(url: str, form: dict[str, str]) -> tuple[int, str]:
    body = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(url, body, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@pytest.mark.parametrize("post", [by_requests, by_aiohttp, by_urllib])
def test_a_client_signs_in(
    post: Callable[[str, dict[str, str]], tuple[int, str]], sentinel_server: ServedTenant
) -> None:
    connection = sentinel_server.connection
    assert isinstance(connection.credential, ClientSecret)
    form = {
        "grant_type": "client_credentials",
        "client_id": connection.client_id,
        "client_secret": connection.credential.secret.reveal(),
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"https://login.microsoftonline.com/{connection.tenant_id}/oauth2/v2.0/token"
    status, text = post(url, form)
    assert (status, json.loads(text)["token_type"]) == (200, "Bearer")
    sentinel_server.expire_secret()
    status, text = post(url, form)
    assert (status, json.loads(text)["error_codes"]) == (401, [7000222])
