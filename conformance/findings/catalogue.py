"""The catalogues of errors: the possible answers of each API and their meanings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.findings.cause import CAUSES, UNKNOWN
from conformance.findings.data import load
from conformance.findings.finding import Certainty
from conformance.findings.lazy_pattern import lazy_pattern

CATALOGUES = ("entra", "managed_identity", "arm", "log_analytics", "sentinel", "graph", "defender", "other", "network")


@dataclass(frozen=True)
class Entry:
    """One possible answer of a service, and its meaning. All declared conditions must hold.

    ``statuses`` are numbers or classes ("5xx"). ``codes`` and ``inner`` are lists of alternatives, with ``*`` for any
    characters. ``numbers`` must all be present. ``words`` is searched in the messages; ``headers`` are matched by
    value; ``anywhere`` is searched in the whole text, ``path`` in the path of the request. ``others`` are names of
    other services (hosts.toml) whose host is in the text. With ``telling``, words are enough if a pasted message has
    lost its code. With ``loose``, words count only if the service is known. With ``common``, words and codes also occur
    in products of other makers: if the service is not known, they need a sign of Microsoft in the text, or a match of
    ``own``, a sentence that only Microsoft uses. ``remedy`` replaces the fix of the cause.
    """

    id: str
    service: str
    cause: str
    explanation: str
    certainty: Certainty = "likely"
    also: tuple[str, ...] = ()
    statuses: tuple[int | str, ...] = ()
    codes: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    words: re.Pattern[str] | None = None
    shapes: tuple[str, ...] = ()
    headers: Mapping[str, re.Pattern[str]] | None = None
    tell_apart: str | None = None
    telling: bool = False
    loose: bool = False
    common: bool = False
    own: re.Pattern[str] | None = None
    anywhere: re.Pattern[str] | None = None
    path: re.Pattern[str] | None = None
    others: tuple[str, ...] = ()
    remedy: str | None = None
    evidence: str = "documented"
    source: str = ""

    @property
    def bare(self) -> bool:
        """Return whether the entry matches only status and shape."""
        identifiers = self.codes or self.inner or self.numbers or self.words or self.headers or self.others
        return not (identifiers or self.anywhere or self.path)


@cache
def catalogue() -> tuple[Entry, ...]:
    """Return all entries of all catalogues."""
    return tuple(entry for service in CATALOGUES for entry in _entries(service, load(service)))


@cache
def numbers() -> frozenset[int]:
    """Return Entra's error numbers in the catalogues."""
    return frozenset(number for entry in catalogue() for number in entry.numbers)


def _entries(service: str, data: Mapping[str, Any]) -> Iterator[Entry]:
    defaults = data.get("defaults", {})
    for row in data.get("entry", ()):
        yield _entry(service, {**defaults, **row})
    for number, row in data.get("aadsts", {}).items():
        yield _entry(service, {**defaults, **row, "id": f"AADSTS{number}", "aadsts": [int(number)]})
    for cause, rows in data.get("user_flow", {}).items():
        for number, means in rows.items():
            meaning = f"In a user's sign-in, device, SAML or consent flow: {means}. An app that signs in by itself"
            row = {
                "id": f"AADSTS{number}",
                "cause": cause,
                "aadsts": [int(number)],
                "means": f"{meaning} does not meet this; it shows that another flow is in use.",
            }
            yield _entry(service, {**defaults, **row})


def _entry(service: str, row: Mapping[str, Any]) -> Entry:
    return Entry(
        id=f"{service}.{row['id']}",
        service=service,
        cause=row["cause"],
        explanation=row.get("explanation") or row.get("means") or CAUSES[row.get("cause", UNKNOWN)].explanation,
        certainty=row.get("certainty", "likely"),
        also=tuple(row.get("also", ())),
        statuses=tuple(row.get("status", ())),
        codes=tuple(code.lower() for code in row.get("code", ())),
        inner=tuple(code.lower() for code in row.get("inner", ())),
        numbers=tuple(row.get("aadsts", ())),
        words=lazy_pattern(row["text"]) if "text" in row else None,
        shapes=tuple(row.get("shape", ())),
        headers={name: lazy_pattern(pattern) for name, pattern in row.get("header", {}).items()} or None,
        tell_apart=row.get("tell_apart"),
        telling=row.get("telling", False),
        loose=row.get("loose", False),
        common=row.get("common", False),
        own=lazy_pattern(row["own"]) if "own" in row else None,
        anywhere=lazy_pattern(row["anywhere"]) if "anywhere" in row else None,
        path=lazy_pattern(row["path"]) if "path" in row else None,
        others=tuple(row.get("other", ())),
        remedy=row.get("remedy"),
        evidence=row["evidence"],
        source=row["source"],
    )
