"""Outcomes from evidence. Pure: the same evidence gives the same outcomes, in any order and any selection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.checks.expect import Found, NotApplicable, NotConfigured
from conformance.checks.outcome import Outcome, Root, Status
from conformance.checks.registry import Check, catalogue, get_check
from conformance.checks.run_facts import run_facts
from conformance.connection import Connection
from conformance.findings import Finding, finding
from conformance.probing.evidence import Answer, Blocked, Evidence, Exchange, InternalError, NotAsked, Refusal
from conformance.probing.probe import CONNECTION


@cache
def _owners() -> Mapping[str, str]:
    """Return the id of the owning check for each ``cause`` or ``cause:about``."""
    return {key: check.id for check in reversed(list(catalogue().values())) for key in check.owns}


@cache
def _users() -> Mapping[str, tuple[str, ...]]:
    """Return the checks that use each probe, required uses first; the first is its representative."""
    users: dict[str, dict[str, None]] = {}
    for only_answers in (True, False):
        for check in catalogue().values():
            for parameter, probe in check.needs.items():
                if only_answers is not check.parameters[parameter]:
                    users.setdefault(probe, {})[check.id] = None
    return {probe: tuple(ids) for probe, ids in users.items()}


def owners(subject: Finding, probe: str | None = None) -> Iterator[str]:
    """Yield the ids of the checks that may own a finding, the likeliest first: those that declare its cause, then those
    that use the probe it is about, then those that use the refused ``probe``.
    """
    for key in (f"{subject.cause}:{subject.about}", subject.cause):
        if key in _owners():
            yield _owners()[key]
    yield from _users().get(subject.about or "", ())
    yield from _users().get(probe or "", ())


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """The finding of a check, before its owner is known.

    ``stated`` findings come from the check itself: it owns them and they are always conclusive.
    """

    finding: Finding
    probe: str | None
    exchange: Exchange | None
    stated: bool = False
    binding: bool = True
    """False if it can be a warning at worst."""


class Judge:
    """Judges the checks of one connection on one set of evidence. Each check function runs at most once."""

    def __init__(self, connection: Connection, evidence: Mapping[str, Evidence]) -> None:
        self.connection, self.evidence = connection, evidence
        self._results: dict[str, Outcome | CheckFinding] = {}

    def outcome(self, check: Check) -> Outcome:
        """Return the outcome of a check; the finding in it may belong to another check."""
        return _outcome(check, self)

    def evaluate(self, check: Check) -> Outcome | CheckFinding:
        """Return the finding or outcome of the check function. Only checks of the catalogue are cached."""
        if get_check(check.id) is not check:
            return evaluate(check, self.connection, self.evidence)
        if check.id not in self._results:
            self._results[check.id] = evaluate(check, self.connection, self.evidence)
        return self._results[check.id]


def judge(check: Check, connection: Connection, evidence: Mapping[str, Evidence]) -> Outcome:
    """Return the outcome of one check."""
    return Judge(connection, evidence).outcome(check)


def _outcome(check: Check, judge: Judge) -> Outcome:
    check_finding = judge.evaluate(check)
    if isinstance(check_finding, Outcome):
        return check_finding
    owner = check if check_finding.stated else _owner(check, check_finding, judge)
    probes = tuple(check.needs.values())
    known_here = run_facts(judge.connection, judge.evidence, check_finding.probe, check_finding.exchange)
    root = Root(owner.id, check_finding.finding.completed(known_here), check_finding.exchange)
    status: Status = "failed" if check.level == "must" and check_finding.binding else "warning"
    if owner.id != check.id:
        if owner.level == "should" and root.conclusive:
            reason = f"needs that {owner.title} ({owner.id})"
            return Outcome(check.id, "not_applicable", reason=reason, probes=probes)
        status = "blocked"
    elif not root.conclusive and not check_finding.stated:
        status = "inconclusive"
    return Outcome(check.id, status, root, check_finding.finding.explanation, probes, check_finding.exchange)


def _owner(check: Check, check_finding: CheckFinding, judge: Judge) -> Check:
    """Return the check that owns the finding: another check that finds the same cause, else this one."""
    evidence = judge.evidence
    for id in owners(check_finding.finding, check_finding.probe):
        other = get_check(id)
        if other is check:
            break
        if other.level == "should" and check.level == "must":
            continue  # a `should` check never takes blame from a `must` check
        if not evidence.keys() >= set(other.needs.values()):
            return other  # it was not selected, so its own finding is unknown
        its = judge.evaluate(other)
        if isinstance(its, CheckFinding) and check_finding.finding.cause in {
            its.finding.cause,
            *_refused(other, evidence),
        }:
            return other
    return check


def _refused(check: Check, evidence: Mapping[str, Evidence]) -> Iterator[str]:
    """Yield the causes of all refusals in the evidence of a check; its finding names only one."""
    needed = (evidence[probe] for probe in check.needs.values())
    return (evidence_of_need.finding.cause for evidence_of_need in needed if isinstance(evidence_of_need, Refusal))


def evaluate(check: Check, connection: Connection, evidence: Mapping[str, Evidence]) -> Outcome | CheckFinding:
    """Return what a check finds: a final :class:`Outcome`, or a :class:`CheckFinding` whose owner is still to be
    determined.
    """
    needed = {parameter: evidence[probe] for parameter, probe in check.needs.items()}
    probes = tuple(check.needs.values())
    if check.applies and (reason := check.applies(connection)):
        return Outcome(check.id, "not_applicable", reason=reason, probes=probes)
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
        if found.refusal:
            return CheckFinding(found.finding, found.refusal.probe, found.refusal.exchange, found.stated)
        binding = found.promise is None or found.promise.binding
        return CheckFinding(found.finding, None, exchange, found.stated, binding)
    except NotApplicable as nothing:
        return _unless_unknown(needed, Outcome(check.id, "not_applicable", reason=str(nothing), probes=probes))
    except NotConfigured as key:
        return Outcome(check.id, "not_configured", reason=str(key), probes=probes)
    except AssertionError as error:
        text = str(error).strip() or f"it does not hold that {check.title}"
        return CheckFinding(finding(check.cause, explanation=text), None, exchange, stated=True)
    except Exception as error:  # a bug in a check is not the tenant's error
        return Outcome(check.id, "error", reason=f"{type(error).__name__}: {error}", probes=probes)
    return _unless_unknown(needed, Outcome(check.id, "passed", probes=probes, exchange=exchange))


def _unless_unknown(needed: Mapping[str, Evidence], outcome: Outcome) -> Outcome:
    """Return the given outcome, or an error if any evidence of the check is an internal error."""
    fault = next((item for item in needed.values() if isinstance(item, InternalError)), None)
    return outcome if fault is None else Outcome(outcome.check, "error", reason=reason_of(fault), probes=outcome.probes)


def reason_of(fault: InternalError) -> str:
    """Return the reason of an outcome with an internal error: the probe and the message."""
    return f"{fault.probe}: {fault.message}"


def _stopped(check: Check, needed: Mapping[str, Evidence], probes: tuple[str, ...]) -> Outcome | CheckFinding | None:
    """Return the outcome if required evidence is not an answer, else None. Refusals come before internal errors."""
    missing = [item for name, item in needed.items() if not check.parameters[name] and not isinstance(item, Answer)]
    if needed and not any(isinstance(item, Answer | Refusal) for item in needed.values()):
        # Even a check that accepts any evidence needs some. Not configured wins over an outage.
        missing = sorted(needed.values(), key=_is_configured)
        if not _is_configured(missing[0]):
            missing = missing[:1]
    for item in missing:
        refusal = item.root if isinstance(item, Blocked) else item
        if isinstance(refusal, Refusal):
            return CheckFinding(refusal.finding, refusal.probe, refusal.exchange)
    for item in missing:
        if isinstance(item, InternalError):
            return Outcome(check.id, "error", reason=reason_of(item), probes=probes)
    for item in missing:
        if isinstance(item, NotAsked):
            return Outcome(check.id, item.kind, reason=item.reason, probes=probes)
    return None


def _is_configured(item: Evidence) -> bool:
    return not (isinstance(item, NotAsked) and item.kind == "not_configured")


def probes_of(checks: Iterable[Check]) -> list[str]:
    """Return the probes that these checks need, without duplicates."""
    return list(dict.fromkeys(probe for check in checks for probe in check.needs.values()))
