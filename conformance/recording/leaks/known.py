"""The real values of the recorded connection, searched for in every encoding in which they can occur."""

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
"""The minimum length of a value that is searched for: shorter ones occur by chance."""
WHOLE = 8
"""Values up to this length are searched for as whole words."""


def known_values(connection: Connection) -> list[str]:
    """Return the values of a connection that its recording must not contain, including its secret.

    A resource group or workspace whose name has only letters, such as ``security``, is left out: services use such
    words too. The rule ``place`` checks the places where a recording contains these names.
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
    """Return a rule that finds these values in any encoding."""
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
    """Return the ways to write a value as text: encoded for URLs and JSON, with and without hyphens, in hexadecimal."""
    hyphens = re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value)
    forms = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], value.encode().hex()}
    return forms | ({value.replace("-", "")} if hyphens else set())


def base64_forms(value: str) -> Iterator[str]:
    """Yield the middle of a value in base64, for each of the three alignments that it can have."""
    for variant in {value, value.lower(), value.upper()}:
        for content in (variant.encode(), variant.encode("utf-16-le")):
            for alignment in range(3):
                # the characters that depend on neighbouring bytes are cut off: up to 4 on each side
                text = base64.b64encode(b"\0" * alignment + content).decode().rstrip("=")
                middle = text[(0, 2, 3)[alignment] : len(text) - (len(text) % 4 != 0)]
                if len(middle) >= WHOLE:
                    yield middle
                    yield middle.translate(str.maketrans("+/", "-_"))
