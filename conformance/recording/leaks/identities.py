"""Rules about identifying values: ids, hosts, domains, addresses. Pseudonyms and reserved values are allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.recording.leaks.constants import (
    HEX_MARK,
    MAC,
    SID,
    is_reserved_address,
    is_reserved_domain,
    known_id,
    public_hosts,
)
from conformance.recording.leaks.passages import Passage
from conformance.recording.leaks.rule import Rule, pattern

LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
GENERIC = "com net org edu gov mil int info biz io co dev app cloud local lan corp internal intra intranet home ad site"
COUNTRIES = """
    ae ar at au be bg br ca ch cl cn cz de dk ee es eu fi fr gr hk hr hu ie il ir it jp kr lt lu lv mx my nl no nz
    pl pt ro rs ru sa se sg si sk th tr tw ua uk us vn za
"""
"""Country codes that are unusual as member names or file suffixes. In URLs and mail addresses, every domain
is checked.
"""
DOMAINS = "|".join((*GENERIC.split(), *COUNTRIES.split()))
ADDRESS6 = re.compile(r"(?<![\w:.])[0-9a-f:]{0,39}:[0-9a-f:]{1,39}(?:\.[0-9.]{5,11})?(?![\w:])", re.IGNORECASE)
MACS = frozenset({"macaddress", "mac"})


def is_allowed_host(name: str) -> bool:
    """Return whether a host belongs to the services, occurs in their documents, or is reserved."""
    name = name.lower().strip(".")
    return name in public_hosts() or is_reserved_domain(name)


def is_allowed_mail(address: str) -> bool:
    """Return whether a mail address is reserved; a member such as ``value@odata.type`` is not an address."""
    domain = address.rpartition("@")[2].lower()
    return is_reserved_domain(domain) or domain.startswith("odata.")


def no_ones(address: str) -> bool:
    """Return whether a hardware address is in the range for documentation."""
    return MAC.fullmatch(address) is not None


def ipv6(passage: Passage) -> Iterable[str]:
    """Yield IPv6 addresses outside of the documentation range.

    A text needs ``::`` or seven colons; otherwise it is taken for a time.
    """
    for match in ADDRESS6.finditer(passage.text):
        if ("::" in match[0] or match[0].count(":") == 7) and not is_reserved_address(match[0]):
            yield match[0]


def ipv4(passage: Passage) -> Iterable[str]:
    """Yield IPv4 addresses outside of the ranges for documentation and benchmarks.

    Version fields are skipped: versions look like addresses.
    """
    if passage.field.lower().endswith("version"):
        return
    for match in re.finditer(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)", passage.text):
        if not is_reserved_address(match[0]):
            yield match[0]


RULES = (
    Rule(
        "guid",
        "a GUID that is no pseudonym",
        pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", unless=known_id),
    ),
    Rule(
        "hexadecimal",
        "a hash or id in hexadecimal digits",
        pattern(
            r"(?<![0-9a-f])(?=[0-9]*[a-f])[0-9a-f]{32,}(?![0-9a-f])",
            unless=lambda digits: digits.lower().startswith(HEX_MARK) or (len(digits) == 32 and known_id(digits)),
        ),
    ),
    Rule(
        "number",
        "a long number, as of a telephone or an account",
        pattern(r"^\+?(?!00000)\d{10,}$", unless=lambda digits: len(digits) > 31),
    ),
    Rule("ipv4", "an IPv4 address", ipv4),
    Rule("ipv6", "an IPv6 address", ipv6),
    Rule(
        "mac",
        "a hardware address",
        pattern(r"(?<![\w:-])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w:-])", unless=no_ones),
    ),
    Rule(
        "mac-plain",
        "a hardware address without separators",
        pattern(r"\b[0-9a-f]{12}\b", unless=no_ones, within=MACS),
    ),
    Rule("mail", "a mail address or user name", pattern(rf"[\w.+'%#-]+@{LABEL}(?:\.{LABEL})+", unless=is_allowed_mail)),
    Rule(
        "url-host",
        "a host that is no service's",
        pattern(
            rf"\b(?:https?|wss?|ldaps?|ftps?|smb|tcp)://(?:[^/\s@]*@)?({LABEL}(?:\.{LABEL})+)", unless=is_allowed_host
        ),
    ),
    Rule(
        "host",
        "a host or domain that is no service's",
        pattern(rf"(?<![\w.@%-])((?:{LABEL}\.)+(?:{DOMAINS}))(?![\w-]|\.\w)", unless=is_allowed_host),
    ),
    Rule(
        "sid",
        "a security identifier of a domain or user",
        pattern(r"S-1-(?:5-21|12-1)(?:-\d+){3,}", unless=lambda value: SID.fullmatch(value) is not None),
    ),
)
