"""The form of a token request, read as strictly as Entra reads it."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl, unquote_plus

import httpx

FORM = "application/x-www-form-urlencoded"


class DuplicateField(Exception):
    """A field occurs twice; the argument is its name."""


def read(request: httpx.Request) -> dict[str, str]:
    """Return the fields of a form, with client id and secret of HTTP Basic.

    Raises :class:`DuplicateField`, and ValueError for a body that is not a form.
    """
    fields = _fields(request)
    names = [name for name, _ in fields]
    for name in names:
        if names.count(name) > 1:
            raise DuplicateField(name)
    return {**dict(fields), **_basic(request)}


def _fields(request: httpx.Request) -> list[tuple[str, str]]:
    """Return the fields of a form in their order; none if the content type is not that of a form.

    Raises ValueError if it cannot be decoded.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return []
    return parse_qsl(
        request.content.decode(), keep_blank_values=True, strict_parsing=bool(request.content), errors="strict"
    )


def _basic(request: httpx.Request) -> dict[str, str]:
    """Return client id and secret of HTTP Basic, percent-encoded (RFC 6749 section 2.3.1); none for other headers."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}
