"""Rules about credentials: secrets, tokens, assertions, signatures, cookies, keys, and random text that could
be one.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from conformance.recording.leaks.passages import Passage, decode_base64
from conformance.recording.leaks.rule import Rule, pattern

REMOVED = re.compile(r"(?:|\*+|REDACTED|null|none|string)", re.IGNORECASE)
"""Placeholders for a secret."""
TOKEN = re.compile(r"eyJ[\w-]{6,}(?:\.[\w-]*)*")
RANDOM = re.compile(r"[A-Za-z0-9+_~=-]{20,}")
SHORTEST_RANDOM = 20
MOST_REGULAR = 0.42
"""The maximum number of changes between lower case, upper case and digits per character: random text has more than
names and prose.
"""

_CREDENTIALS = """
    access_token assertion authorization client_assertion client_secret code_verifier cookie id_token key
    password primarykey primarysharedkey proxy-authorization refresh_token secondarykey secondarysharedkey secret
    secrettext set-cookie sharedkey x-api-key x-functions-key
    """
CREDENTIALS = frozenset(_CREDENTIALS.split())
"""Members, headers and parameters that contain a credential or a part of one, in lower case."""
HINT = re.compile(r"h\d\d")
"""The placeholder for the beginning of a secret, which Graph returns."""


def is_removed(text: str) -> bool:
    """Return whether a secret was replaced by a placeholder, or is an unsigned token, which gives no access."""
    text = re.sub(r"(?i)^(bearer|basic)\s+", "", text.strip())
    return REMOVED.fullmatch(text) is not None or is_unsigned(text)


def is_unsigned(token: str) -> bool:
    """Return whether a token is a JWT without a signature: only its claims are left."""
    head, *rest = token.split(".")
    return len(rest) == 2 and rest[1] == "" and _algorithm(head) is not None


def _algorithm(head: str) -> str | None:
    """Return the ``alg`` in the first part of a JWT; None if the text is not that."""
    try:
        header = json.loads(decode_base64(head) or "")
    except ValueError:
        return None
    return str(header["alg"]) if isinstance(header, dict) and "alg" in header else None


def tokens(passage: Passage) -> Iterable[str]:
    """Yield JWTs with a signature, encrypted JWTs, and beginnings of them."""
    for match in TOKEN.finditer(passage.text):
        if _algorithm(match[0].partition(".")[0]) is not None and not is_unsigned(match[0]):
            yield match[0]


def credentials(passage: Passage) -> Iterable[str]:
    """Yield the value of a field that contains a credential."""
    if passage.field.lower() in CREDENTIALS and not is_removed(passage.text):
        yield passage.text


def random_text(passage: Passage) -> Iterable[str]:
    """Yield texts that are as irregular as a key: several kinds of characters in random order.

    Hexadecimal texts have their own rule.
    """
    for match in RANDOM.finditer(passage.text):
        text = match[0].strip("=-_")
        if len(text) < SHORTEST_RANDOM or re.fullmatch(r"[0-9a-fA-F-]+", text) or decode_base64(text):
            continue
        if sum(map(str.isdigit, text)) > 1 and changes(text) > MOST_REGULAR and entropy(text) > 3.5:
            yield match[0]


def changes(text: str) -> float:
    """Return the number of changes between kinds of characters, divided by the length of the text."""
    kinds = [(character.islower(), character.isupper(), character.isdigit()) for character in text]
    return sum(a != b for a, b in pairwise(kinds)) / len(text)


def entropy(text: str) -> float:
    """Return Shannon's entropy of a text, in bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


RULES = (
    Rule("token", "a token with its signature", tokens),
    Rule("credential", "the value of a field that holds a credential", credentials),
    Rule(
        "hint",
        "the beginning of a secret",
        pattern(r"\S+", unless=lambda text: HINT.fullmatch(text) is not None, within={"hint"}),
    ),
    Rule("client-secret", "a client secret of Entra", pattern(r"[\w~.-]{3}[0-9]Q~[\w~.-]{20,}")),
    Rule(
        "bearer",
        "an Authorization header",
        pattern(r"\b(?:bearer|basic)\s+(?!\w+=[\"'\w])(?=\S*\d)([\w.~+/=-]{12,})", unless=is_removed),
    ),
    Rule(
        "assigned",
        "a secret in the words around it",
        pattern(
            r"(?:client_?secret|client_?assertion|password|passwd|pwd|api_?key|account_?key|shared_?(?:access_?)?key"
            r"|shared_?secret|access_?token|refresh_?token)\\?[\"']?\s*[=:]\s*\\?[\"']?([^&\s\"',;}\\]{4,})",
            unless=is_removed,
        ),
    ),
    Rule("signature", "a signature, as of a SAS", pattern(r"\b(?:sig|signature)=([\w%+/=-]{16,})", unless=is_removed)),
    Rule(
        "cookie",
        "a cookie",
        pattern(r"\b(?:fpc|buid|esctx\w*|ests\w*|stsservicecookie)=([^;\s]{4,})", unless=is_removed),
    ),
    Rule("private-key", "a private key", pattern(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bMII[A-Za-z0-9+/]{61,}")),
    Rule("random", "something as irregular as a key", random_text),
)
