"""The one way from an answer to a finding, for live answers and for pasted ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from conformance.apis.permissions import resource_of
from conformance.findings import pasted
from conformance.findings.cause import CAUSES, UNKNOWN
from conformance.findings.finding import Finding, finding
from conformance.findings.match import Entry, Match, classify
from conformance.findings.redact import excerpt
from conformance.findings.signal import Signal, read

_SCOPE = re.compile(r"/subscriptions/([^/\s]+)(?:/resourceGroups/([^/\s]+))?", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# What the answer itself says of these is nearer than what the connection says. Ids are the other way round.
_SAID = ("roles", "api", "resource_app_id", "action", "table")


def explain(
    body: str | bytes | Mapping[str, Any] | list[Any] | None,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    service: str | None = None,
    facts: Mapping[str, str] | None = None,
) -> Finding:
    """What a refused or failed answer means.

    ``body`` is the answer's body as it came, or whatever was pasted from a log: a message, a code alone, cut JSON.
    ``service`` is entra, arm, log_analytics, sentinel, graph or defender; None has it guessed. ``facts`` are the
    connection's ids, which fill the commands of the fix. "certain" is said only where the answer alone decides.
    Never raises; what nothing explains has the cause ``unknown`` and is shown as it came.
    """
    signal = read(body, status=status, headers=headers, service=service)
    match = classify(signal)
    known = {name: str(value) for name, value in (facts or {}).items() if value}
    learned = _learned(signal)
    filled = {**learned, **known, **{name: learned[name] for name in _SAID if name in learned}}
    if match is None:
        text = f"{CAUSES[UNKNOWN].explanation} It reads: {_shown(signal)}"
        return finding(UNKNOWN, facts=filled, certainty="likely", explanation=text, code=_code(signal, None))
    entry = match.entry
    cause, also = _by_facts(entry, known)
    return finding(
        cause,
        facts=filled,
        certainty=match.certainty,
        explanation=" ".join([entry.explanation, *_details(signal, match)]),
        also=tuple(name for name in also if name != cause),
        about=_about(signal, cause, learned),
        code=_code(signal, entry),
        tell_apart=entry.tell_apart,
        entry=entry.id,
    )


def _by_facts(entry: Entry, facts: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """What the connection itself already tells: a workspace id that is a GUID is not a name in its place."""
    if entry.cause == "workspace_id_not_guid" and _GUID.fullmatch(facts.get("workspace_id", "")):
        return "workspace_not_found", tuple(name for name in entry.also if name != "workspace_not_found")
    return entry.cause, entry.also


def _learned(signal: Signal) -> dict[str, str]:
    """Facts that the answer itself tells, for the commands of the fix."""
    learned: dict[str, str] = {}
    if refused := signal.refused:
        if refused.object_id:
            learned["object_id"] = refused.object_id
        learned["action"] = refused.action
        if place := _SCOPE.match(refused.scope or ""):
            learned |= {k: v for k, v in zip(("subscription_id", "resource_group"), place.groups(), strict=True) if v}
    if signal.roles:
        learned["roles"] = ", ".join(signal.roles[0][:1])  # the first that the answer names is the least one
    if signal.service in ("graph", "defender", "log_analytics"):
        learned["api"] = signal.service
    if signal.service == "entra":
        named = (resource_of(name) for name in pasted.audiences(signal.words))
        if resource := next((resource for resource in named if resource), None):
            learned |= {"api": resource.api, "resource_app_id": resource.app_id}
    if table := pasted.table(signal.words):
        learned["table"] = table
    return learned


def _details(signal: Signal, match: Match) -> list[str]:
    """What the answer names, said in a sentence of ours."""
    cause = match.entry.cause
    if signal.roles and cause == "app_role_missing":
        required, carried = signal.roles
        return [f"It asks for {' or '.join(required)}; the token carries {', '.join(carried) or 'none'}."]
    if cause == "rbac_role_missing" and signal.refused:
        who = signal.refused.object_id or "the caller"
        where = excerpt(signal.refused.scope, 200) if signal.refused.scope else "the scope of the request"
        return [f"Refused: {signal.refused.action} for {who} at {where}."]
    if cause in ("table_missing", "kql_invalid", "table_unqueryable") and (table := pasted.table(signal.words)):
        return [f"The name is {table}."]
    return []


def _about(signal: Signal, cause: str, learned: Mapping[str, str]) -> str | None:
    """What the cause is about, where a cause has several subjects."""
    group = CAUSES[cause].group
    if cause == "app_role_missing":
        return learned.get("roles") or signal.service
    if group == "rbac":
        return learned.get("action")
    if cause in ("query_partial", "query_timeout", "response_too_large"):
        return signal.service
    if group == "data":
        return learned.get("table")
    if cause in ("resource_not_in_tenant", "resource_disabled", "app_assignment_required"):
        return learned.get("api")
    return signal.service if group in ("service", "network", "token_use", "permission") else None


def _code(signal: Signal, entry: Entry | None) -> str | None:
    """What the service called it: Entra's number, else the innermost code."""
    if entry and entry.numbers:
        return f"AADSTS{entry.numbers[-1]}"
    if signal.numbers:
        return f"AADSTS{signal.numbers[0]}"
    wanted = (*entry.codes, *entry.inner) if entry else ()
    words = (*signal.mentions, *signal.codes)
    named = [code for code in words if any(fnmatchcase(code.lower(), name) for name in wanted)]
    candidates = named or list(signal.codes)
    return excerpt(candidates[-1], 80) if candidates else None


def _shown(signal: Signal) -> str:
    status = f"HTTP {signal.status}, " if signal.status else ""
    return f"{status}{excerpt(signal.text) or 'an empty body'}"
