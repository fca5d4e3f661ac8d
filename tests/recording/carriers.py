"""The ways in which an answer can contain a text; each function returns a file with such an answer."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

import yaml

Carry = Callable[[str, str], tuple[str, str]]
"""Takes a field and a text; returns the name and the content of a file."""


def recorded(body: object, headers: Mapping[str, list[str]] | None = None) -> dict[str, object]:
    """Return a recording with one interaction, in the format of vcrpy."""
    request: dict[str, object] = {
        "method": "GET",
        "uri": "https://graph.microsoft.com/v1.0/security/incidents",
        "body": None,
        "headers": {},
    }
    response = {"status": {"code": 200, "message": "OK"}, "headers": dict(headers or {}), "body": {"string": body}}
    return {"interactions": [{"request": request, "response": response}], "version": 1}


def member(field: str, text: str) -> tuple[str, str]:
    return "a.json", json.dumps(recorded({"value": [{field: text}]}))


def body_of_yaml(field: str, text: str) -> tuple[str, str]:
    return "a.yaml", yaml.safe_dump(recorded(json.dumps({"value": [{field: text}]})))


def binary_body(field: str, text: str) -> tuple[str, str]:
    return "a.yaml", yaml.safe_dump(recorded(gzip.compress(json.dumps({field: text}).encode())))


def cell(field: str, text: str) -> tuple[str, str]:
    table = {"columns": [{"name": "TimeGenerated"}, {"name": field}], "rows": [["2026-11-24T09:00:00Z", text]]}
    return "a.json", json.dumps(recorded(json.dumps({"tables": [table]})))


def nested(field: str, text: str) -> tuple[str, str]:
    return cell("ExtendedProperties", json.dumps([{field: text}]))


def escaped(field: str, text: str) -> tuple[str, str]:
    plain = json.dumps({field: text})
    return "a.json", json.dumps({"body": plain.replace("@", "\\u0040").replace("/", "\\/")})


def encoded_for_urls(field: str, text: str) -> tuple[str, str]:
    return "a.json", json.dumps({"uri": f"https://graph.microsoft.com/v1.0/security/alerts_v2?{field}={quote(text)}"})


def twice_encoded(field: str, text: str) -> tuple[str, str]:
    return "a.json", json.dumps({"uri": f"https://graph.microsoft.com/x?next=%3F{field}%3D{quote(quote(text))}"})


def in_base64(field: str, text: str) -> tuple[str, str]:
    return member("properties", base64.urlsafe_b64encode(json.dumps({field: text}).encode()).decode())


CARRIERS: tuple[Carry, ...] = (
    member,
    body_of_yaml,
    binary_body,
    cell,
    nested,
    escaped,
    encoded_for_urls,
    twice_encoded,
    in_base64,
)
