"""Access tokens, through msal on this suite's own transport."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from conformance.apis.endpoint import Audience
from conformance.apis.entra import TokenResponse
from conformance.connection import Connection, ManagedIdentity
from conformance.redaction import remember

LONGEST = 32 * 1024
"""Maximum characters of a token in a header. Inferred: servers accept half of that or less."""

# Threads for msal, which is synchronous, and for assertions that must be fetched. They never wait for a tenant.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="msal")
ASSERTION_LIFETIME = timedelta(minutes=10)
"""Lifetime of an assertion signed by this suite; msal's own default."""
# msal prints answers that it cannot read to stderr, unless a handler is set; the finding explains them.
logging.getLogger("msal").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Token:
    """An issued access token. Its text is never printed."""

    audience: Audience
    text: str = field(repr=False)
    response: TokenResponse = field(repr=False)

    def __post_init__(self) -> None:
        remember(self.text)

    @cached_property
    def claims(self) -> Mapping[str, Any]:
        """Return the payload of the token, for diagnosis only (the signature is not ours to check); empty if opaque."""
        return decode_claims(self.text)

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the application permissions that the token carries."""
        roles = self.claims.get("roles")
        return tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()

    @property
    def app_id(self) -> str:
        """Return the client id of the app (claim ``appid``, or ``azp``); empty if the token has neither."""
        return str(self.claims.get("appid") or self.claims.get("azp") or "")

    @property
    def object_id(self) -> str | None:
        """Return the object id of the service principal (claim ``oid``)."""
        oid = self.claims.get("oid")
        return oid if isinstance(oid, str) else None


def problem(text: str) -> str | None:
    """Return why a text cannot be sent as a bearer token, in a sentence; None if it can."""
    if not text:
        return "The token is empty."
    if not (text.isascii() and text.isprintable()) or " " in text:
        return "The token has characters that no header may carry."
    if len(text) > LONGEST:
        return f"The token is {len(text)} characters long, more than a header may carry."
    return None


def decode_claims(token: str) -> Mapping[str, Any]:
    """Return the claims of a JWT, or an empty mapping for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, UnicodeDecodeError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The request for a token, to Entra or to this machine. It holds the credential, and is never printed."""

    url: str
    form: Mapping[str, Any] = field(repr=False)
    """As msal gives it: text, numbers, and ``bytes`` for an assertion that msal has signed. For this machine, the
    query.
    """
    headers: Mapping[str, str] = field(repr=False)

    def encode(self) -> bytes:
        """Return the form as ``application/x-www-form-urlencoded``, UTF-8. Raises TypeError for a value that is not
        text.

        httpx would write ``bytes`` in Python's notation (``b'eyJ...'``).
        """
        return urlencode({name: _text(value) for name, value in self.form.items() if value is not None}).encode()


def _text(value: object) -> str:
    """Return a value of a form as text. Raises TypeError for a value that is not text, bytes or a whole number."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str) or type(value) is int:
        return str(value)
    raise TypeError(f"a form holds text, not {type(value).__name__}")


def load_msal() -> None:
    """Import msal in the calling thread, and wait for a thread that does so already.

    The import creates loggers. A concurrent loop over all loggers would fail: pytest runs one in each phase of an item.
    """
    import msal  # noqa: F401  (which waits; a module within it would not)
    from msal.oauth2cli import oauth2

    logging.getLogger(oauth2.__name__)  # msal creates this logger only with its first client


class _Composed(Exception):
    """Raised when msal has composed its request."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An HTTP answer in the form that msal reads."""

    text: str
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """Do nothing: the answer is a success."""


class _Composer:
    """msal's ``http_client``: gives msal the known discovery document, and keeps the request that msal would post."""

    def __init__(self, discovery: str) -> None:
        self._discovery = discovery
        self.request: TokenRequest | None = None

    def get(self, url: str, **_: Any) -> GivenAnswer:
        return GivenAnswer(self._discovery)

    def post(self, url: str, data: Any = None, headers: Any = None, **_: Any) -> None:
        self.request = TokenRequest(url, dict(data or {}), dict(headers or {}))
        raise _Composed

    def close(self) -> None:
        """Do nothing: no connection is open."""


class _LocalComposer:
    """msal's ``http_client`` for a managed identity: gives msal these answers, and keeps its next request."""

    def __init__(self, answers: Sequence[GivenAnswer]) -> None:
        self._answers = list(answers)
        self.request: TokenRequest | None = None

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> GivenAnswer:
        if self._answers:
            return self._answers.pop(0)
        self.request = TokenRequest(url, dict(params or {}), dict(headers or {}))
        raise _Composed

    def close(self) -> None:
        """Do nothing: no connection is open."""


async def compose_local(
    connection: Connection, identity: ManagedIdentity, audience: Audience, answers: Sequence[GivenAnswer]
) -> TokenRequest | None:
    """Return the request to the managed identity endpoint that msal makes after these ``answers``; None if it makes
    none. Raises msal's own errors if it cannot make a request: for Azure Arc, msal reads the file that the first answer
    names.
    """

    def composed() -> TokenRequest | None:
        import msal

        composer = _LocalComposer(answers)
        client = msal.ManagedIdentityClient(identity.msal(), http_client=composer)
        with contextlib.suppress(_Composed):
            client.acquire_token_for_client(resource=connection.cloud.audiences[audience][0])
        if composer.request is not None and (key := composer.request.headers.get("Authorization")):
            remember(key.removeprefix("Basic "))
        return composer.request

    return await asyncio.get_running_loop().run_in_executor(_threads, copy_context().run, composed)


async def compose(
    connection: Connection, audience: Audience, discovery: str, now: datetime, claims: str | None = None
) -> TokenRequest:
    """Return the token request as msal makes it; ``discovery`` is the tenant's document, ``claims`` are those of a
    claims challenge. Raises msal's own errors for a credential that it cannot use. An assertion signed for the request
    is issued at ``now``.

    The engine sends the request: msal would keep a thread waiting for each answer, so that a few silent tenants would
    delay all others, and msal caches refusals and throttling.
    """

    def composed() -> TokenRequest:
        import msal

        composer = _Composer(discovery)
        app = msal.ConfidentialClientApplication(
            connection.client_id,
            client_credential=connection.credential.msal(),
            authority=f"{connection.cloud.login}/{connection.tenant_id}",
            instance_discovery=False,
            http_client=composer,
            client_claims={"iat": int(now.timestamp()), "exp": int((now + ASSERTION_LIFETIME).timestamp())},
        )
        with contextlib.suppress(_Composed):
            app.acquire_token_for_client([connection.cloud.scope(audience)], claims_challenge=claims)
        if composer.request is None:
            raise ValueError("nothing sent")
        remember(str(composer.request.form.get("client_assertion", "")))
        return composer.request

    return await asyncio.get_running_loop().run_in_executor(_threads, copy_context().run, composed)
