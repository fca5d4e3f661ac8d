"""Suggested corrections of malformed values, and the parts of values pasted from a portal or a script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from conformance.connection.near_guid import GUID, regrouped

RESOURCE_ID = re.compile(
    r"/subscriptions/(?P<subscription_id>[^/?#\s]+)"
    r"(?:/resourceGroups/(?P<resource_group>[^/?#\s]+))?"
    r"(?:/providers/Microsoft\.OperationalInsights/workspaces/(?P<workspace_name>[^/?#\s]+))?",
    re.IGNORECASE,
)
PORTAL_TENANT = re.compile(r"#@(?P<tenant_id>[^/?#\s]+)/")
"""The directory in a URL of the Azure portal, by a domain or its id."""
SECRET = re.compile(r"[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}", re.ASCII)
"""The form of Entra's client secrets."""
NAMES: Mapping[str, str] = {
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\u200c": "a zero-width mark",
    "\u200d": "a zero-width mark",
    "\u2060": "a zero-width mark",
    "\ufeff": "a byte order mark",
    "\u00ad": "a soft hyphen",
}
_AROUND = " \t\r\n\"'`“”„‟«»‘’‚‛<>[](){}*,;"
_WHOLE_GUID = re.compile(rf"(?<![0-9a-f]){GUID.pattern}(?![0-9a-f])", re.IGNORECASE)

Valid = Callable[[str, str], bool]
"""Returns True if a value, the second argument, can be right for a key."""


def parts_of(value: str) -> dict[str, str]:
    """Return the values in a pasted resource id or portal URL, by key; empty for anything else."""
    text = unquote(value)
    match = RESOURCE_ID.search(text)
    parts = {name: part for name, part in match.groupdict().items() if part} if match else {}
    if tenant := PORTAL_TENANT.search(text):
        parts["tenant_id"] = tenant["tenant_id"]
    return parts


def invisible(text: str) -> str | None:
    """Return a readable name for the first invisible character of a text, or None."""
    for sign in text:
        if sign in NAMES or (unicodedata.category(sign) in ("Cf", "Zs") and sign != " "):
            return f"{NAMES.get(sign, 'an invisible character')} (U+{ord(sign):04X})"
    return None


def visible(text: str) -> str:
    """Return a text without invisible characters; spaces of any kind become plain spaces."""
    signs = (" " if unicodedata.category(sign) == "Zs" else sign for sign in text)
    return "".join(sign for sign in signs if unicodedata.category(sign) != "Cf")


def correction(key: str, value: str, values: Mapping[str, str], valid: Valid) -> str | None:
    """Return a sentence with the probably intended value of a key; None without a suggestion.

    ``values`` are all values by key. A value with the form of a secret is never repeated.
    """
    if SECRET.search(value):
        return "it belongs into client_secret, and should be replaced if others can read this file"
    parts = parts_of(value)
    if key in parts and valid(key, parts[key]):
        others = " and ".join(sorted(set(parts) - {key}))
        return f"what was pasted holds it: {parts[key]!r}" + (f" ({others} too)" if others else "")
    for other, its in values.items():
        if other != key and its != value and valid(key, its) and valid(other, value) and not valid(other, its):
            return f"it seems to be swapped with {other}"
    for candidate in _candidates(value):
        if candidate != value and candidate not in parts.values() and valid(key, candidate):
            return f"did you mean {candidate!r}?"
    for other, its in values.items():
        if other != key and valid(key, part := parts_of(its).get(key, "")):
            return f"what was pasted as {other} holds it: {part!r}"
    if parts:
        return f"what was pasted holds {', '.join(sorted(parts))}, but no {key}"
    fitting = [other for other in values if other != key and not values[other].strip() and valid(other, value.strip())]
    return f"it seems to be the {fitting[0]}" if fitting else None


def _candidates(value: str) -> tuple[str, ...]:
    """Return candidates for the corrected value: without surrounding quotes and the like, without spaces, the intended
    GUID, and the id within the value.
    """
    bare = re.sub("^urn:uuid:", "", visible(value).strip(_AROUND), flags=re.IGNORECASE)
    plain = "".join(bare.split())
    guids = _WHOLE_GUID.findall(plain)
    guid = regrouped(bare)
    return (bare, plain, *([guid] if guid else ()), *(guids if len(guids) == 1 else ()))
