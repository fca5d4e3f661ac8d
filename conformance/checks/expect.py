"""How a check says what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from conformance.findings import Certainty, Finding, finding
from conformance.probing.evidence import Answer, Blocked, Evidence, InternalError, Refusal
from conformance.probing.probe import NotApplicable, NotConfigured

__all__ = ["Found", "NotApplicable", "NotConfigured", "answered", "fail", "not_applicable", "require"]


class Found(Exception):
    """What a check found instead of what must hold. ``stated``: it says so itself, not a ``refusal``."""

    def __init__(self, finding: Finding, *, stated: bool = False, refusal: Refusal | None = None) -> None:
        super().__init__(f"{finding.cause}: {finding.explanation}")
        self.finding, self.stated, self.refusal = finding, stated, refusal


def answered(evidence: Evidence) -> Any:
    """The data of an answer, or None where there was nothing to ask for. A refusal is the finding then."""
    refusal = evidence.root if isinstance(evidence, Blocked) else evidence
    if isinstance(refusal, Refusal):
        raise Found(refusal.finding, refusal=refusal)
    if isinstance(evidence, InternalError):
        raise RuntimeError(f"{evidence.probe}: {evidence.message}")
    return evidence.data if isinstance(evidence, Answer) else None


def fail(
    explanation: str,
    cause: str = "contract_violation",
    *,
    about: str | None = None,
    certainty: Certainty = "certain",
    also: tuple[str, ...] = (),
    facts: Mapping[str, str] | None = None,
    remedy: str | None = None,
) -> NoReturn:
    """The check does not hold, and why. ``facts`` fill the commands of the fix; ``remedy`` replaces its text."""
    raise Found(
        finding(
            cause,
            facts=facts,
            certainty=certainty,
            explanation=explanation,
            about=about,
            also=also,
            remedy=remedy,
        ),
        stated=True,
    )


def require(condition: object, explanation: str, cause: str = "contract_violation", **more: str) -> None:
    """Fails with the explanation unless the condition holds."""
    if not condition:
        fail(explanation, cause, about=more.get("about"))


def not_applicable(reason: str) -> NoReturn:
    """There is nothing here to check, and why."""
    raise NotApplicable(reason)
