"""The real values of the connection that was recorded, looked for in every form in which they travel."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from conformance.connection import Connection
from conformance.connection.credential import Certificate, ClientSecret
from conformance.recording.leaks.passages import Passage
from conformance.recording.leaks.rule import Rule

SHORTEST = 4
"""Shorter values occur anywhere by chance."""
WHOLE = 8
"""Up to this length a value is looked for as a whole word."""


def known_values(connection: Connection) -> list[str]:
    """Return the values of a connection that must not be found in its recording, its secret among them.

    A name that is an ordinary word, such as ``security``, is left out: services use it too. Where a recording holds the
    names of resource groups and workspaces is checked by the rule ``place``.
    """
    values = [
        connection.tenant_id,
        connection.client_id,
        connection.subscription_id,
        connection.workspace_id,
        *(name for name in (connection.resource_group, connection.workspace_name) if not name.isalpha()),
    ]
    credential = connection.credential
    if isinstance(credential, ClientSecret):
        values += [secret.reveal() for secret in credential.secrets]
    elif isinstance(credential, Certificate) and credential.password:
        values.append(credential.password.reveal())
    return [value for value in dict.fromkeys(values) if value]


def known_rule(values: Iterable[str]) -> Rule:
    """Return a rule that finds these values, however they are written."""
    anyhow: set[str] = set()
    exact: set[str] = set()
    words: set[str] = set()
    for value in values:
        if len(value) < SHORTEST:
            continue
        (words if len(value) <= WHOLE else anyhow).update(form.lower() for form in spellings(value))
        exact.update(base64_forms(value))
    whole = re.compile("|".join(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" for word in sorted(words)) or r"(?!)")

    def find(passage: Passage) -> Iterator[str]:
        lower = passage.text.lower()
        yield from (form for form in anyhow if form in lower)
        yield from whole.findall(lower)
        yield from (form for form in exact if form in passage.text)

    return Rule("known", "a value of the connection that was recorded", find, as_written=True)


def spellings(value: str) -> set[str]:
    """Return a value as it may be written as text: encoded for URLs and JSON, with and without hyphens,
    in hexadecimal.
    """
    hyphens = re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value)
    forms = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], value.encode().hex()}
    return forms | ({value.replace("-", "")} if hyphens else set())


def base64_forms(value: str) -> Iterator[str]:
    """Yield the middle of a value in base64, for each of the three ways in which it can lie in the bytes."""
    for variant in {value, value.lower(), value.upper()}:
        for content in (variant.encode(), variant.encode("utf-16-le")):
            for alignment in range(3):
                # what depends on the neighbours is cut off: up to 4 characters before, up to 4 after
                text = base64.b64encode(b"\0" * alignment + content).decode().rstrip("=")
                middle = text[(0, 2, 3)[alignment] : len(text) - (len(text) % 4 != 0)]
                if len(middle) >= WHOLE:
                    yield middle
                    yield middle.translate(str.maketrans("+/", "-_"))
