"""TLS interception: its detection, and its effect on findings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import httpx

from conformance.findings import CAUSES, Finding, finding
from conformance.findings.catalogue import Entry, catalogue
from conformance.network.trust import foreign_issuer

ALTERABLE = frozenset({"token_malformed", "empty_answer", "contract_violation"})
"""Causes that an interceptor can produce: it removes the token, or removes or changes the body."""
CONNECTION_CAUSES = frozenset({"tls_untrusted", "dns_failure", "connection_failed"})
"""Causes of a connection that failed: with an answer, there was a connection."""
_issuers: WeakKeyDictionary[Any, str | None] = WeakKeyDictionary()


def issuer(response: httpx.Response) -> str | None:
    """Return the issuer of an answer's certificate if it is not one of the services' authorities; otherwise None."""
    stream = response.extensions.get("network_stream")
    if stream is None:
        return None
    if stream not in _issuers:
        _issuers[stream] = foreign_issuer(stream.get_extra_info("ssl_object"))
    return _issuers[stream]


def cut_off_finding(subject: Finding, by: str | None) -> Finding:
    """Return the finding of an incomplete answer. If ``by`` decrypts TLS in between, it cut the answer off."""
    if by is not None and subject.cause == "intercepted":  # the answer could not be decompressed
        return replace(subject, explanation=f"{subject.explanation} {_opened(by)}")
    if by is None or subject.cause != "connection_failed":
        return subject
    return replace(
        finding("intercepted", facts=subject.fix.values, about=subject.about, also=(subject.cause,), code=subject.code),
        explanation=f"The answer broke off. {_opened(by)}",
    )


def intercepted_finding(subject: Finding, by: str | None, host: str) -> Finding:
    """Return the finding of a refusal from ``host``, if ``by`` may decrypt TLS in between (None: no interception).

    Unless the answer has a code or words of the service itself, it is then not conclusive.
    """
    if by is None or subject.cause == "throttled":
        return subject
    if CAUSES[subject.cause].group == "network":
        subject = answered_on_the_way(subject, host)
        return replace(subject, explanation=f"{subject.explanation} {_opened(by)}")
    entry = _entry(subject)
    identifiers = entry is not None and (entry.codes or entry.inner or entry.numbers or entry.words)
    if identifiers and subject.cause not in ALTERABLE:
        return subject
    return finding(
        "intercepted",
        facts={**subject.fix.values, "host": host},
        certainty="likely",
        also=(subject.cause,),
        code=subject.code,
        about=subject.about,
        explanation=f"{_opened(by)} The answer from {host} is not one that the service is known for, so it was most"
        f" likely made or changed there. Taken for the service's own, it would mean: {subject.explanation}",
    )


def answered_on_the_way(subject: Finding, host: str) -> Finding:
    """Return ``intercepted`` for an answer that reports a failed connection: only a device in between can send it.

    Whether the proxy reached the service or not, this machine's own connection did not fail.
    """
    if subject.cause not in CONNECTION_CAUSES:
        return subject
    facts = {**subject.fix.values, "host": host}
    also = (subject.cause,)
    return finding("intercepted", facts=facts, certainty="likely", also=also, code=subject.code, about=subject.about)


def _opened(by: str) -> str:
    return f"TLS is opened on the way: the certificate is by {by}, none of the services' authorities."


def _entry(subject: Finding) -> Entry | None:
    """Return the service's catalogue entry of a finding; None if the finding belongs to no service."""
    if subject.entry is None or subject.entry.startswith("network."):
        return None
    return next(entry for entry in catalogue() if entry.id == subject.entry)
