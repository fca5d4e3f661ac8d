"""The origin of an answer without the name of a service: one of a connection's services, or another product.

Every product answers with a status, and many report expired tokens. So a status alone counts only if the text contains
nothing else, or has the form of Microsoft's error documents. Common words need a sign of Microsoft in the text.
"""

from __future__ import annotations

from conformance.findings import hosts, unwrap
from conformance.findings.catalogue import Entry
from conformance.findings.common_codes import has_own_code
from conformance.findings.lazy_pattern import lazy_pattern
from conformance.findings.signal import Signal

_DOCUMENT = lazy_pattern(
    r"(?im)[\"']error[\"']?\s*(?::|=>)\s*\{\s*[\"'](?:code|message)[\"']\s*(?::|=>)\s*[\"'](?!(?!40[04])[0-9]+[\"'])"
    r"|^\W*(?:[\w.]+error|[\w.]+exception)?:? ?\([A-Z][A-Za-z]+\) \S|^\s*(?:error ?)?code: ?[A-Z][A-Za-z]+\s*$"
)
"""The error document of Microsoft's APIs, which has its code and its message within ``error``, and an SDK's print of
one.
"""
_HTTP_WORDS = lazy_pattern(
    r"(?i)\b(?:https?|status|status[_-]?code|code|error|errors|client|server|response|request|reason|returned|got"
    r"|received|answered|gateway|bad|unauthorized|payment|required|forbidden|not|found|method|allowed|acceptable|proxy"
    r"|authentication|timeout|conflict|gone|precondition|content|payload|entity|too|large|unsupported|media|type"
    r"|locked|many|requests|internal|implemented|service|unavailable|time-?out|exception|null|none|true|false|date"
    r"|content-length|content-type|text|plain|application|json|charset|utf)\b|[\W\d_]"
)
"""The words of a text that states a status and nothing else."""
_HTTP = lazy_pattern(
    r"(?i)\bhttp|\bstatus|\bresponse|\brequest|\bgateway|\bserver|\bclient|\bservice|\bapi\b|too many|https?://|timeout"
)
_SERVERS = ("throttled", "service_fault", "timed_out")
"""Causes that a status names whoever answered."""


def is_heard(entry: Entry, signal: Signal) -> bool:
    """Return whether an entry may explain an answer of an unknown service."""
    if entry.common:
        return is_microsofts(signal) or bool(entry.own and entry.own.search(signal.words))
    if entry.service != "network" or entry.words or entry.anywhere or entry.headers or entry.shapes:
        return True
    if signal.status is not None and signal.status < 400:
        return True
    if entry.cause in _SERVERS:
        return bool(entry.codes) or _is_bare(signal.text) or _HTTP.search(signal.text[:16384]) is not None
    if _is_of_another_maker(signal):
        return False
    return _is_bare(signal.text) or (not has_own_code(signal) and _is_document(signal.text))


def is_microsofts(signal: Signal) -> bool:
    """Return whether the text has a sign of Microsoft, or is a code alone (a user who pastes it means Microsoft's)."""
    text = signal.text[:16384]
    return bool(hosts.has_sign(text) or text.strip("\"' ") in signal.codes or _is_document(text))


def _is_bare(text: str) -> bool:
    """Return whether a text contains a status and nothing more."""
    return len(text) < 500 and not _HTTP_WORDS.sub("", text)


def _is_of_another_maker(signal: Signal) -> bool:
    """Return whether the headers are not Microsoft's: those of another cloud, or of a sign-in with a password."""
    challenge = signal.headers.get("www-authenticate", "bearer").lower()
    return "bearer" not in challenge or any(name.startswith(("x-amz-", "x-goog-")) for name in signal.headers)


def _is_document(text: str) -> bool:
    return _DOCUMENT.search(unwrap.flat(text[:16384])) is not None
