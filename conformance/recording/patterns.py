"""Patterns that recognise a value by its form: an id, an address, a token. The first match applies."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
JWT = re.compile(r"eyJ[\w-]*\.[\w-]+\.[\w-]*")
MAIL = re.compile(r"[\w.+%#'~-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>\\^`{|}]+", re.IGNORECASE)
ARM_ID = re.compile(r"(?<![\w.])/(?:subscriptions|providers)(?:/[^\s\"'?#<>]+)+", re.IGNORECASE)
RELATIVE_ID = re.compile(r"(?<![\w/.])microsoft\.[a-z.]+(?:/[^\s\"'?#<>/]+){2,}", re.IGNORECASE)
"""A resource id relative to its provider: ``Microsoft.Provider/type/name``. Actions have the same form."""
MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
HASH = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{128}|[0-9a-f]{96}|[0-9a-f]{64}|[0-9a-f]{56}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z])", re.I
)
SID = re.compile(r"S-1-\d+(?:-\d+){2,}", re.IGNORECASE)
IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)")
IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])", re.IGNORECASE
)
WINDOWS_PATH = re.compile(r"(?:[A-Za-z]:\\|\\\\)[^\r\n\"<>|]+|HKEY_\w+(?:\\[^\r\n\"]+)?")
POSIX_PATH = re.compile(r"/(?:[^/\s]+/)*[^/\s]*")
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{1,62}", re.IGNORECASE)
NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,20})?%?")
LONG_NUMBER = re.compile(r"\+?\d{10,}")
LITERAL = re.compile(
    r"true|false|null|P(?:\d+[YMWD])*(?:T(?:\d+(?:\.\d+)?[HMS])+)?|-?(?:\d+\.)?\d{2}:\d{2}:\d{2}(?:\.\d+)?", re.I
)
IDENTIFYING = re.compile(
    "|".join(
        f"(?:{pattern.pattern})"
        for pattern in (
            JWT, URL, ARM_ID, RELATIVE_ID, GUID, MAIL,
            WINDOWS_PATH,
            SID, MAC, HASH, IPV4, IPV6,
        )
    ),
    re.IGNORECASE,
)  # fmt: skip
"""Identifying values within a text, recognised by their form."""


_MAY_BE_IP = re.compile(r"[0-9a-f:.]+(%.*)?", re.IGNORECASE | re.DOTALL)


def is_ip(text: str) -> bool:
    """Return whether a text is an IP address of either version."""
    if not _MAY_BE_IP.fullmatch(text):  # most texts are not addresses, and an exception takes ten times as long
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_ipv6(text: str) -> bool:
    """Return whether a text is an IPv6 address."""
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


STREAM = re.compile(r"(Custom)-(\w+_CL)")
"""A stream of a data collection rule; its name contains the customer's table."""
