"""How a check says what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from conformance.findings import Certainty, Finding, finding
from conformance.probing.probe import NotApplicable, NotConfigured

__all__ = ["Found", "NotApplicable", "NotConfigured", "fail", "not_applicable", "require"]


class Found(Exception):
    """What a check found instead of what must hold. ``stated``: it says so itself, not the evidence's refusal."""

    def __init__(self, finding: Finding, *, stated: bool = False) -> None:
        super().__init__(f"{finding.cause}: {finding.explanation}")
        self.finding, self.stated = finding, stated


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
