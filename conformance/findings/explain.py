"""The one way from an answer to a finding, for live and for pasted answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from conformance.apis.action_roles import role_for
from conformance.apis.permissions import resource_of
from conformance.findings import pasted
from conformance.findings.body import text_of
from conformance.findings.catalogue import Entry
from conformance.findings.cause import CAUSES, UNKNOWN
from conformance.findings.common_codes import has_own_code
from conformance.findings.finding import Finding, finding
from conformance.findings.lazy_pattern import lazy_pattern
from conformance.findings.match import Match, classify
from conformance.findings.redact import excerpt
from conformance.findings.several import parts
from conformance.findings.signal import Signal, read
from conformance.findings.token_finding import token_finding
from conformance.findings.token_text import token_in

_SCOPE = lazy_pattern(r"/subscriptions/([^/\s]+)(?:/resourceGroups/([^/\s]+))?", re.IGNORECASE)
_GUID = lazy_pattern(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_FIRST = (
    "network", "connection", "token", "token_use", "permission", "rbac", "resource", "data", "service", "attention",
    "none",
)  # fmt: skip
"""The groups of causes, those that bring others about first."""
# For these facts the answer counts more than the connection. For ids it is the other way round.
_FACT_NAMES = ("roles", "api", "resource_app_id", "action", "table")


def explain(
    body: str | bytes | Mapping[str, Any] | list[Any] | None,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    service: str | None = None,
    facts: Mapping[str, str] | None = None,
) -> Finding:
    """Return the finding of a refused or failed answer.

    ``body`` is the answer's body, or any text pasted from a log: a message, a code alone, cut JSON. ``service`` is
    entra, arm, log_analytics, sentinel, graph or defender; if None, it is guessed. ``facts`` are the connection's ids,
    which fill in the commands of the fix. The certainty is "certain" only if the answer alone decides. Never raises; an
    unexplained answer has the cause ``unknown`` and is shown unchanged. Of several errors in one text the first of
    :func:`explain_all` is returned.

        finding = explain("AADSTS7000222: The provided client secret keys are expired.")
        print(finding.cause, finding.fix.text)  # secret_expired ...
    """
    return explain_all(body, status=status, headers=headers, service=service, facts=facts)[0]


def explain_all(
    body: str | bytes | Mapping[str, Any] | list[Any] | None,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    service: str | None = None,
    facts: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """Return one finding for each error in a text, the cause of the others first; at least one.

    The arguments are those of :func:`explain`. A text is divided only if neither status nor headers are given, and if
    its parts have codes, numbers or addresses of their own. Problems of a pasted access token are findings too.

        for finding in explain_all(Path("job.log").read_text(encoding="utf-8")):
            print(finding.cause)
    """
    given_facts = {name: str(value) for name, value in (facts or {}).items() if value}
    whole = read(body, status=status, headers=headers, service=service)
    if (token := token_finding(text_of(body), service, given_facts)) is not None:
        return (token,)
    signals = [whole]
    if isinstance(body, str | bytes) and status is None and not headers:
        each = [read(part, service=service) for part in parts(text_of(body))]
        signals = [signal for signal in each if _telling(signal)]
        if len({match.entry.cause for signal in signals if (match := classify(signal))}) < 2:
            signals = [whole]
    findings: dict[tuple[str, str | None], Finding] = {}
    for signal in signals:
        finding = _finding(signal, given_facts)
        findings.setdefault((finding.cause, finding.about), finding)
    return tuple(sorted(findings.values(), key=lambda finding: _FIRST.index(CAUSES[finding.cause].group)))


def _telling(signal: Signal) -> bool:
    """Return whether a part of a text is an error on its own, not only a line of another error."""
    decided = signal.numbers or has_own_code(signal) or (signal.service and (signal.status or 0) >= 400)
    return bool(decided) and classify(signal) is not None


def _finding(signal: Signal, given_facts: Mapping[str, str]) -> Finding:
    match = classify(signal)
    learned = _learned_facts(signal)
    filled = {**learned, **given_facts, **{name: learned[name] for name in _FACT_NAMES if name in learned}}
    if match is None:
        text = " ".join([CAUSES[UNKNOWN].explanation, *missing(signal), f"It reads: {_description(signal)}"])
        return finding(UNKNOWN, facts=filled, certainty="likely", explanation=text, code=_code(signal, None))
    entry = match.entry
    cause, also = _by_facts(entry, given_facts)
    return finding(
        cause,
        facts=filled,
        certainty=match.certainty,
        explanation=" ".join(
            [entry.explanation, *_details(signal, match), *_token_details(signal, cause), *_requests(signal, entry)]
        ),
        also=tuple(name for name in also if name != cause),
        about=_about(signal, cause, learned),
        code=_code(signal, entry),
        tell_apart=entry.tell_apart,
        entry=entry.id,
        remedy=entry.remedy,
    )


def missing(signal: Signal) -> list[str]:
    """Return sentences that ask for missing information (status, service, body). Empty if nothing is missing."""
    requests = []
    if signal.status is None:
        requests.append("the HTTP status (--sentinel-explain-status)")
    if signal.stranger:
        return [f"The request went to {excerpt(signal.stranger, 80)}, which is no service of a connection."]
    if signal.service is None:
        requests.append("which service answered, or the address of the request (--sentinel-explain-service)")
    if not signal.codes and not signal.numbers:
        requests.append("the body of the answer with its code: paste all that curl -i or the tool's debug log prints")
    return [f"Not in the text: {'; '.join(requests)}."] if requests else []


def _requests(signal: Signal, entry: Entry) -> list[str]:
    """Return requests for more information, if only a status or a client's words decided."""
    vague = entry.service == "network" and not entry.words and signal.service is None
    return missing(signal) if vague else []


def _token_details(signal: Signal, cause: str) -> list[str]:
    """Return details of a token in the same text, if the error is about tokens or permissions."""
    if CAUSES[cause].group not in ("token_use", "permission"):
        return []
    token = token_in(signal.text)
    return [f"The token beside it: {token.describe(datetime.now(UTC))}"] if token else []


def _by_facts(entry: Entry, facts: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the cause of an entry and its other possible causes, without those that the connection's values
    exclude.
    """
    if entry.cause == "workspace_id_not_guid" and _GUID.fullmatch(facts.get("workspace_id", "")):
        return "workspace_not_found", tuple(name for name in entry.also if name != "workspace_not_found")
    return entry.cause, entry.also


def _learned_facts(signal: Signal) -> dict[str, str]:
    """Return facts in the answer itself, for the commands of the fix."""
    learned: dict[str, str] = {}
    if refused := signal.refused:
        if refused.object_id:
            learned["object_id"] = refused.object_id
        learned["action"] = refused.action
        learned["role"] = role_for(refused.action)
        if place := _SCOPE.match(refused.scope or ""):
            learned |= {k: v for k, v in zip(("subscription_id", "resource_group"), place.groups(), strict=True) if v}
    if signal.roles:
        learned["roles"] = ", ".join(signal.roles[0][:1])  # the first role in the answer is the least one
    if signal.service in ("graph", "defender", "log_analytics"):
        learned["api"] = signal.service
    if signal.service == "entra":
        resources = (resource_of(name) for name in pasted.audiences(signal.words))
        if resource := next((resource for resource in resources if resource), None):
            learned |= {"api": resource.api, "resource_app_id": resource.app_id}
    if table := pasted.table(signal.words):
        learned["table"] = table
    return learned


def _details(signal: Signal, match: Match) -> list[str]:
    """Return sentences about the ids and names in the answer."""
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
    """Return the subject of the cause, if a cause has several subjects; else None."""
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
    """Return the service's name for the error: Entra's number, else the innermost code, else None."""
    if entry and entry.numbers:
        return f"AADSTS{entry.numbers[-1]}"
    if signal.numbers:
        return f"AADSTS{signal.numbers[0]}"
    patterns = (*entry.codes, *entry.inner) if entry else ()
    words = (*signal.mentions, *signal.codes)
    matching = [code for code in words if any(fnmatchcase(code.lower(), name) for name in patterns)]
    candidates = matching or list(signal.codes)
    return excerpt(candidates[-1], 80) if candidates else None


def _description(signal: Signal) -> str:
    status = f"HTTP {signal.status}, " if signal.status else ""
    return f"{status}{excerpt(signal.text) or 'an empty body'}"
