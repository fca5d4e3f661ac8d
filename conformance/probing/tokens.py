"""Access tokens, through msal on this suite's own transport."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.apis.endpoint import Audience
from conformance.apis.entra import TokenResponse
from conformance.connection import Connection

# msal is synchronous: each token request blocks one of these threads while the event loop does its HTTP.
_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="msal")
# It prints answers that it cannot read to stderr, unless somebody listens; the finding explains them.
logging.getLogger("msal").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Token:
    """An issued access token. Its text is never shown."""

    audience: Audience
    text: str = field(repr=False)
    response: TokenResponse = field(repr=False)

    @cached_property
    def claims(self) -> Mapping[str, Any]:
        """The payload of the token, for diagnosis only (the signature is not ours to check); empty if opaque."""
        return decode_claims(self.text)

    @property
    def roles(self) -> tuple[str, ...]:
        """The application permissions that the token carries."""
        roles = self.claims.get("roles")
        return tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()

    @property
    def object_id(self) -> str | None:
        """The object id of the service principal (claim ``oid``)."""
        oid = self.claims.get("oid")
        return oid if isinstance(oid, str) else None


def decode_claims(token: str) -> Mapping[str, Any]:
    """The claims of a JWT, or an empty mapping for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, UnicodeDecodeError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer in the form that msal reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise MsalHttpError(self.status_code)


class MsalHttpError(Exception):
    """What msal is told when it asks whether an answer was good."""


Post = Callable[[str, Mapping[str, str], Mapping[str, str]], Coroutine[Any, Any, Reply]]


class MsalClient:
    """msal's ``http_client``: posts through the engine, and knows the discovery document already."""

    def __init__(self, loop: asyncio.AbstractEventLoop, discovery: Reply, post: Post) -> None:
        self._loop, self._discovery, self._post = loop, discovery, post

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Reply:
        return self._discovery

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Reply:
        return asyncio.run_coroutine_threadsafe(self._post(url, data or {}, headers or {}), self._loop).result()

    def close(self) -> None:
        """Nothing to close: the transport belongs to the engine."""


async def acquire(connection: Connection, audience: Audience, discovery: Reply, post: Post) -> None:
    """Has msal put the token request; what came back is seen by ``post``.

    A fresh application object each time: msal keeps refusals and throttling of earlier tries in memory (60 s and
    more), and a token of before a grant would still lack it.
    """
    loop = asyncio.get_running_loop()

    def ask() -> None:
        import msal

        app = msal.ConfidentialClientApplication(
            connection.client_id,
            client_credential=connection.credential.msal(),
            authority=f"{connection.cloud.login}/{connection.tenant_id}",
            instance_discovery=False,
            http_client=MsalClient(loop, discovery, post),
        )
        app.acquire_token_for_client([connection.cloud.scope(audience)])

    await loop.run_in_executor(_threads, ask)
