"""Canaries: values that no written recording may contain, and a tenant whose services answer with them everywhere."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from conformance.fakes import World, build
from conformance.fakes.state.tokens import read, sign
from tests.contoso import SECRET, START, made_up

PERSON = "Klara Canary"
HOST = "ws-canary-07.intern.canarybird.de"


def jwt(claims: Mapping[str, Any]) -> str:
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "Y2FuYXJ5LXNpZ25hdHVyZS1jYW5hcnktc2lnbmF0dXJl"])


CANARIES: Mapping[str, str] = {
    "secret": SECRET,
    "token": jwt(
        {
            "upn": "klara@canarybird.de",
            "name": PERSON,
            "ipaddr": "10.77.13.5",
            "tid": "ca9a1e5c-77aa-4b1b-9c0d-0123456789ab",
        }
    ),
    "sas": "https://canarystore.blob.core.windows.net/drop?sv=2022-11-02&sig=Y2FuYXJ5LXNpZw%2Bjcm93Zm9vdDEyMw%3D%3D",
    "connection string": "Endpoint=sb://canarystore;AccountKey=Y2FuYXJ5a2V5MTIzNDU2Nzg5MA==",
    "bearer": "Bearer 0.AVYACanary77xQpLmN8s2Vt4Zr6Kd",
    "person": PERSON,
    "mail": "klara@canarybird.de",
    "guest": "klara_canarybird.de#EXT#@canarybird.onmicrosoft.com",
    "host": HOST,
    "netbios": "WSCANARY07",
    "domain": "intern.canarybird.de",
    "guid": "ca9a1e5c-77aa-4b1b-9c0d-0123456789ab",
    "ipv4": "10.77.13.5",
    "public ipv4": "93.184.216.34",
    "ipv6": "2a01:4f8:c0c:77::5",
    "mac": "3C-52-82-77-13-05",
    "sid": "S-1-5-21-3623811015-3361044348-30300820-7713",
    "sha256": "ca9a1e5cc0ffee77ca9a1e5cc0ffee77ca9a1e5cc0ffee77ca9a1e5cc0ffee77",
    "windows path": r"C:\Users\canary\Desktop\offer-canarybird.docx",
    "posix path": "/home/canary/offer-canarybird.txt",
    "url": "https://intranet.canarybird.de/people/klara?id=7713",
    "sentence": "Klara Canary opened the offer of Canarybird",
    "opaque": "cAnArY7X9fT2qL0kS7vB4nR8wZ",
    "telephone": "+4915177130577",
    "command line": 'powershell -enc "klara canary" C:\\canary\\run.ps1',
}
"""Confidential values of a customer, one of each kind."""

DECLARED: Mapping[str, str] = {
    "displayName": PERSON,
    "title": CANARIES["sentence"],
    "description": CANARIES["sentence"],
    "comment": CANARIES["sentence"],
    "assignedTo": CANARIES["mail"],
    "hostName": CANARIES["netbios"],
    "computerDnsName": HOST,
    "accountName": "klara.canary",
    "domainName": CANARIES["domain"],
    "userPrincipalName": CANARIES["mail"],
    "lastIpAddress": CANARIES["ipv4"],
    "macAddress": "3C5282771305",
    "resourceGroup": "rg-canary",
    "fileName": "offer-canarybird.docx",
    "filePath": CANARIES["windows path"],
    "Computer": HOST,
    "CompromisedEntity": HOST,
    "AlertName": CANARIES["sentence"],
    "Title": CANARIES["sentence"],
    "Description": CANARIES["sentence"],
    "DisplayName": CANARIES["sentence"],
}
"""Members and columns that have such values by their declaration."""


def forms(value: str) -> Iterator[str]:
    """Yield the texts in which a value occurs: plain, in a sentence, encoded for URLs, in base64 and in JSON."""
    yield value
    yield f"seen {value} today"
    yield quote(value, safe="")
    yield base64.b64encode(f"it was {value}, again".encode()).decode()
    yield base64.b64encode(value.encode("utf-16-le")).decode()
    yield json.dumps({"entity": [{"value": value}]})
    yield json.dumps({"outer": json.dumps({"inner": value})})


EVERYWHERE: tuple[str, ...] = tuple(form for value in CANARIES.values() for form in forms(value))


def stuffed(value: Any, number: int = 0) -> Any:
    """Return a JSON document with canaries in its declared members and in the cells of its columns of text."""
    if isinstance(value, dict) and isinstance(value.get("columns"), list) and isinstance(value.get("rows"), list):
        rows = [_row(value["columns"], row, number + n) for n, row in enumerate(value["rows"])]
        return {**value, "rows": rows}
    if isinstance(value, dict):
        members = {key: stuffed(item, number + n) for n, (key, item) in enumerate(value.items())}
        declared = {key: DECLARED[key] for key, item in value.items() if key in DECLARED and isinstance(item, str)}
        return {**members, **declared}
    if isinstance(value, list):
        return [stuffed(item, number + n) for n, item in enumerate(value)]
    return value


def _row(columns: list[dict[str, Any]], row: list[Any], number: int) -> list[Any]:
    """Return a row with canaries in all columns of text that no check needs."""
    needed = (
        "TimeGenerated",
        "Type",
        "DataType",
        "T",
        "SourceSystem",
        "AlertId",
        "SystemAlertId",
        "IncidentName",
        "TenantId",
    )
    return [
        DECLARED.get(column["name"])
        or (
            EVERYWHERE[(number * 31 + n) % len(EVERYWHERE)]
            if column["type"] == "string" and column["name"] not in needed
            else cell
        )
        for n, (column, cell) in enumerate(zip(columns, row, strict=True))
    ]


def answer(response: httpx.Response, number: int, count: int) -> httpx.Response:
    """Return an answer with canaries in its headers, members, error text and token.

    ``number`` is the answer's number among those of its service, ``count`` the number of canaries in new members.
    """
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if isinstance(body, dict):
        some = [EVERYWHERE[(number * count + n) % len(EVERYWHERE)] for n in range(count)]
        body = {**stuffed(body, number), "list": some[::2], **{f"member{n}": form for n, form in enumerate(some[1::2])}}
        if "access_token" in body:
            claims = read(body["access_token"])[0] or {}
            body["access_token"] = sign({**claims, "list": [*CANARIES.values()], "upn": CANARIES["mail"]})
        if isinstance(body.get("error"), dict):
            body["error"]["message"] = f"{body['error'].get('message')} {_error_text()}"
        elif "error_description" in body:
            body["error_description"] += f" {_error_text()}"
        content = json.dumps(body).encode()
    else:
        content = response.content
    headers = {**response.headers, **HEADERS}
    headers.pop("content-length", None)
    return httpx.Response(response.status_code, headers=headers, content=content)


def _error_text() -> str:
    """Return a text that quotes canaries in the way of error texts."""
    return (
        f"The user '{CANARIES['mail']}' of the directory '{PERSON}' at {HOST} ({CANARIES['ipv4']}) may not use the "
        f"workspace named 'law-canary' in '/subscriptions/{CANARIES['guid']}/resourceGroups/rg-canary'. "
        f"Sent: {CANARIES['token']}"
    )


HEADERS = {
    "set-cookie": "fpc=CanaryCookie77; esctx=PAQABCanary77",
    "www-authenticate": f'Bearer authorization_uri="https://sts.windows.net/{CANARIES["guid"]}", error="{PERSON}"',
    "x-canary": CANARIES["mail"],
    "x-ms-request-id": CANARIES["guid"],
    "server": HOST,
    "location": CANARIES["url"],
}


MIN_QUESTIONS = {"login.microsoftonline.com": 5, "api.security.microsoft.com": 5}
"""The least number of requests of a run to a service; 8 for a service that is not listed. The answers to so many
requests contain all canaries together.
"""
DEFAULT_MIN_QUESTIONS = 8


def world(scenario: str = "healthy") -> World:
    """Return a virtual tenant that answers with canaries."""
    tenant = build(made_up(resource_group="rg-canary", workspace_name="law-canary"), scenario, START)
    plain = tenant.handler

    answered: Counter[str] = Counter()

    async def handler(request: httpx.Request) -> httpx.Response:
        host = request.url.host
        answered[host] += 1
        return answer(
            await plain(request), answered[host], -(-len(EVERYWHERE) // MIN_QUESTIONS.get(host, DEFAULT_MIN_QUESTIONS))
        )

    tenant.handler = handler  # type: ignore[method-assign]
    return tenant
