"""From evidence to outcomes. Pure: the same evidence gives the same outcomes, in any order and any selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from conformance.checks.expect import Found, NotApplicable, NotConfigured
from conformance.checks.outcome import Outcome, Root, Status
from conformance.checks.registry import Check, catalogue
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.evidence import Absence, Answer, Blocked, Evidence, Exchange, Fault, Refusal
from conformance.probing.probe import CONNECTION


@cache
def _owners() -> Mapping[str, str]:
    """The check that owns a cause, by ``cause`` or ``cause:about``."""
    return {key: check.id for check in reversed(list(catalogue().values())) for key in check.owns}


@cache
def _homes() -> Mapping[str, str]:
    """The check that speaks for a probe: the first that needs its answer, else the first that looks at it."""
    homes: dict[str, str] = {}
    for only_answers in (True, False):
        for check in catalogue().values():
            for parameter, probe in check.needs.items():
                if only_answers is not check.parameters[parameter]:
                    homes.setdefault(probe, check.id)
    return homes


def owner(found: Finding, probe: str | None = None) -> str | None:
    """The id of the check whose failure a finding is: its owner's, or the one that speaks for the probe it is about."""
    owners = _owners()
    for key in (f"{found.cause}:{found.about}", found.cause):
        if key in owners:
            return owners[key]
    homes = _homes()
    return homes.get(found.about or "") or homes.get(probe or "")


def judge(check: Check, connection: Connection, evidence: Mapping[str, Evidence]) -> Outcome:
    """The outcome of one check."""
    needed = {parameter: evidence[probe] for parameter, probe in check.needs.items()}
    probes = tuple(check.needs.values())
    stop = _stopped(check, needed, probes)
    if stop is not None:
        return stop
    exchange = next((item.exchange for item in needed.values() if isinstance(item, Answer | Refusal)), None)
    arguments: dict[str, Any] = {**needed, **(check.given or {})}
    if CONNECTION in check.parameters:
        arguments[CONNECTION] = connection
    try:
        check.function(**arguments)
    except Found as found:
        refusal = found.refusal
        probe, exchange = (refusal.probe, refusal.exchange) if refusal else (None, exchange)
        return _found(check, found.finding, probe, exchange, probes, stated=found.stated)
    except NotApplicable as nothing:
        return _unless_unknown(needed, Outcome(check.id, "not_applicable", reason=str(nothing), probes=probes))
    except NotConfigured as key:
        return Outcome(check.id, "not_configured", reason=str(key), probes=probes)
    except AssertionError as error:
        text = str(error).strip() or f"it does not hold that {check.title}"
        return _found(check, finding(check.cause, explanation=text), None, exchange, probes, stated=True)
    except Exception as error:  # a fault of a check is not the tenant's
        return Outcome(check.id, "error", reason=f"{type(error).__name__}: {error}", probes=probes)
    return _unless_unknown(needed, Outcome(check.id, "passed", probes=probes, exchange=exchange))


def _unless_unknown(needed: Mapping[str, Evidence], outcome: Outcome) -> Outcome:
    """An outcome that finds nothing wrong, unless something that the check looks at is not known for our own fault."""
    fault = next((item for item in needed.values() if isinstance(item, Fault)), None)
    return outcome if fault is None else Outcome(outcome.check, "error", reason=_told(fault), probes=outcome.probes)


def _told(fault: Fault) -> str:
    return f"{fault.probe}: {fault.message}"


def _stopped(check: Check, needed: Mapping[str, Evidence], probes: tuple[str, ...]) -> Outcome | None:
    """The outcome where something that the check needs was not answered: refusals first, then our faults."""
    missing = [item for name, item in needed.items() if not check.parameters[name] and not isinstance(item, Answer)]
    if needed and not any(isinstance(item, Answer | Refusal) for item in needed.values()):
        missing = list(needed.values())  # a check that takes any evidence still has to have some
    for item in missing:
        refusal = item.root if isinstance(item, Blocked) else item
        if isinstance(refusal, Refusal):
            return _found(check, refusal.finding, refusal.probe, refusal.exchange, probes)
    for item in missing:
        if isinstance(item, Fault):
            return Outcome(check.id, "error", reason=_told(item), probes=probes)
    for item in missing:
        if isinstance(item, Absence):
            return Outcome(check.id, item.kind, reason=item.reason, probes=probes)
    return None


def _found(
    check: Check,
    found: Finding,
    probe: str | None,
    exchange: Exchange | None,
    probes: tuple[str, ...],
    *,
    stated: bool = False,
) -> Outcome:
    """Whose finding it is decides: this check's own failure, or another's that blocks this one.

    ``stated``: the check says so itself, of answers that came; then it is its own, and conclusive whatever its cause.
    """
    owning = catalogue().get((None if stated else owner(found, probe)) or check.id, check)
    if owning.level == "should" and check.level == "must":
        owning = check  # what must hold is not excused by what is but advice
    root = Root(owning.id, found, exchange)
    if owning.id != check.id:
        if owning.level == "should" and root.conclusive:
            reason = f"needs that {owning.title} ({owning.id})"
            return Outcome(check.id, "not_applicable", reason=reason, probes=probes)
        return Outcome(check.id, "blocked", root, found.explanation, probes, exchange)
    if not root.conclusive and not stated:
        return Outcome(check.id, "inconclusive", root, found.explanation, probes, exchange)
    status: Status = "failed" if check.level == "must" else "warning"
    return Outcome(check.id, status, root, found.explanation, probes, exchange)


def probes_of(checks: Iterable[Check]) -> list[str]:
    """The probes that these checks need, each once."""
    return list(dict.fromkeys(probe for check in checks for probe in check.needs.values()))
