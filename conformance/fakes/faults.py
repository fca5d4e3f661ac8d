"""Faults: canned answers that no state of the virtual tenant can give, as data.

Older wordings, variants of a text, bare statuses, pages of proxies, and answers that only other clients provoke. Each
one is named after the catalogue entry that reads it, ``service/entry``; ``faults/<service>.toml`` declares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from conformance.fakes.services import arm_gateway, defender, entra, graph, log_analytics, sentinel
from conformance.fakes.services.routes import PROVENANCE, Call, Provenance, Refuser, respond
from conformance.toml_file.tables import table

SERVICES = ("entra", "arm", "log_analytics", "sentinel", "graph", "defender", "other", "network")

REFUSERS: Mapping[str, Refuser] = {
    "entra": entra.refuse,
    "arm": arm_gateway.refuse,
    "log_analytics": log_analytics.refuse,
    "sentinel": sentinel.refuse,
    "graph": graph.refuse,
    "defender": defender.refuse,
}
CONTENT_TYPES: Mapping[str, str] = {
    "text": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
"""Content types of bodies that are not the service's own error document, by the key that holds the body."""


@dataclass(frozen=True)
class Fault:
    """One canned answer.

    ``cause`` is the root cause of this answer alone; ``becomes`` the cause in view of all evidence, usually the same.
    ``check`` reports that cause, and ``notes`` are the warnings of other checks. ``status`` is the HTTP status.
    ``endpoint`` names the operation that gives this answer; None if no operation of a verification can, and the
    answer occurs in pasted text only. ``formed``: the body is the API's own error document.
    """

    name: str
    status: int
    cause: str
    becomes: str
    notes: tuple[str, ...]
    check: str | None
    endpoint: str | None
    provenance: Provenance
    formed: bool
    answer: Callable[[Call], httpx.Response]

    @property
    def service(self) -> str:
        """Return the part of its name before the slash: the service that fails."""
        return self.name.partition("/")[0]

    @property
    def api(self) -> str | None:
        """Return the API of the operation that gives this answer."""
        return self.endpoint.partition(".")[0] if self.endpoint else None

    @property
    def entry(self) -> str:
        """Return the id of the catalogue entry that reads it."""
        return self.name.replace("/", ".", 1)

    @property
    def numbered(self) -> bool:
        """Return whether the fault is a bare number of Entra; these all have the same form."""
        return re.fullmatch(r"entra/AADSTS\d+", self.name) is not None


class _Faults(Mapping[str, Fault]):
    """Faults by name, read on first use: few runs need these hundreds of rows."""

    def __getitem__(self, name: str) -> Fault:
        return _faults()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_faults())

    def __len__(self) -> int:
        return len(_faults())


FAULTS: Mapping[str, Fault] = _Faults()
"""All faults by name."""


@cache
def _faults() -> dict[str, Fault]:
    return {fault.name: fault for service in SERVICES for fault in _declared(service)}


def _declared(service: str) -> Iterator[Fault]:
    data = table(__package__, "faults", f"{service}.toml")
    for row in (*data["fault"], *_numbers(data.get("numbers", {}))):
        row = {**data["defaults"], **row}
        name = f"{service}/{row['id']}"
        becomes = row.get("becomes", row["cause"])
        yield Fault(
            name,
            REFUSERS[_form(row)].declared[row["refusal"]].status if "refusal" in row else row["status"],
            row["cause"],
            becomes,
            tuple(row.get("notes", ())),
            row.get("check") or data["checks"].get(becomes),
            row["endpoint"] or None,
            _provenance(row),
            _formed(row),
            _answer(row),
        )


def _numbers(causes: Mapping[str, Mapping[str, list[int]]]) -> Iterator[dict[str, Any]]:
    """Entra's numbers share one form. The OAuth error is given where it is known, else it is empty."""
    for cause, groups in causes.items():
        for answer, numbers in groups.items():
            status, _, code = answer.partition(" ")
            for number in numbers:
                row = {"id": f"AADSTS{number}", "cause": cause, "status": int(status), "code": code}
                yield row | {"message": f"AADSTS{number}: The sign-in was refused."}


def _provenance(row: Mapping[str, Any]) -> Provenance:
    return PROVENANCE[f"{_form(row)}/{row['refusal']}"] if "refusal" in row else Provenance(row["tier"], row["source"])


def _form(row: Mapping[str, Any]) -> str:
    """Return the name of the API of the operation; its error form is the form of the answer."""
    return str(row["endpoint"]).partition(".")[0]


def _formed(row: Mapping[str, Any]) -> bool:
    return "refusal" in row or "message" in row


def _answer(row: Mapping[str, Any]) -> Callable[[Call], httpx.Response]:
    headers = row.get("headers", {})
    kind = next((kind for kind in CONTENT_TYPES if kind in row), None)
    if kind is not None:
        return lambda call: respond(call, row["status"], row[kind], {"Content-Type": CONTENT_TYPES[kind], **headers})
    if not _formed(row):
        return lambda call: respond(call, row["status"], None, headers)
    refuse = REFUSERS[_form(row)]
    if "refusal" in row:
        return lambda call: refuse(call, row["refusal"], headers, **row.get("values", {}))
    return lambda call: refuse.say(call, row["status"], row.get("code", ""), row["message"], headers, **row)
