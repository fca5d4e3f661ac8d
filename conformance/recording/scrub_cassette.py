"""Scrubbing of a whole recording: its interactions and its connection, with one table of pseudonyms."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from conformance.connection import Connection
from conformance.recording.cassette import ConnectionPart
from conformance.recording.date_shift import DateShift
from conformance.recording.interaction import Answered, Interaction, RequestPart
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.replay_connection import connection_part
from conformance.recording.scrubber import Scrubber

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "cache-control": "as it is",
        "content-type": "as it is",
        "retry-after": "form",
        "date": "form",
        "location": "form",
        "www-authenticate": "phrase",
        "warning": "phrase",
        "x-ms-failure-cause": "phrase",
        "x-ms-ags-diagnostic": "form",
        "x-ms-ratelimit-remaining-subscription-reads": "form",
        "x-ms-request-id": "opaque",
        "x-ms-correlation-request-id": "opaque",
        "request-id": "opaque",
        "client-request-id": "opaque",
    }
)
"""The headers of answers that are recorded, and the way in which each is scrubbed. All others are dropped, including
cookies and the headers of requests.
"""


CLAIMS = re.compile(r'\bclaims="[A-Za-z0-9+/_=-]{4,}"')
_ASKS_ANEW = b'{"access_token":{"nbf":{"essential":true}}}'
CLAIMS_STAND_IN = f'claims="{base64.b64encode(_ASKS_ANEW).decode()}"'


@dataclass(frozen=True)
class Scrubbed:
    """A recording without values of the customer. ``pseudonyms`` maps the originals and is never written."""

    interactions: tuple[Interaction, ...]
    connection: ConnectionPart
    pseudonyms: Pseudonyms


def scrub_recording(interactions: Sequence[Interaction], connection: Connection, shift: DateShift) -> Scrubbed:
    """Return a recording, scrubbed in two passes, so that a name that is found late is replaced everywhere."""
    pseudonyms = Pseudonyms()
    pseudonyms.reserve(msgspec.json.encode(interactions).decode())
    for _ in range(2):
        scrubber = Scrubber(pseudonyms, shift)
        part = connection_part(connection, scrubber)
        result = tuple(interaction(recorded, scrubber) for recorded in interactions)
    return Scrubbed(result, part, pseudonyms)


def interaction(recorded: Interaction, scrubber: Scrubber) -> Interaction:
    """Return the scrubbed interaction."""
    return Interaction(
        request=_scrub_request(recorded.request, scrubber), response=_scrub_response(recorded.response, scrubber)
    )


def _scrub_request(request: RequestPart, scrubber: Scrubber) -> RequestPart:
    body = request.body
    if isinstance(body, dict) and "grant_type" in body:
        body = {name: scrubber.text(str(value), name) for name, value in body.items()}
    return RequestPart(method=request.method, url=scrubber.url(request.url), body=body)


def _scrub_header(value: str, name: str, scrubber: Scrubber) -> str:
    """Return the scrubbed value of a header. The claims of a challenge are replaced by other claims that also require a
    new token.
    """
    parts = CLAIMS.split(value)
    return CLAIMS_STAND_IN.join(scrubber.text(part, name) if part else "" for part in parts)


def _scrub_response(response: Answered, scrubber: Scrubber) -> Answered:
    refusal = response.status is not None and response.status >= 400
    return Answered(
        status=response.status,
        headers={
            name: value if HEADERS[name] == "as it is" else _scrub_header(value, name, scrubber)
            for name, value in response.headers.items()
            if name in HEADERS
        },
        json=response.json if response.json is msgspec.UNSET else scrubber.json(response.json, refusal=refusal),
        text=scrubber.phrase(response.text),
        failure=response.failure,
    )
