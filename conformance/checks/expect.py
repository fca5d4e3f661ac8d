"""Functions with which a check reports what it found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from conformance.checks.promises import PROMISES
from conformance.findings import Certainty, Finding, finding
from conformance.probing.evidence import Answer, Blocked, Evidence, InternalError, Refusal
from conformance.probing.probe import NotApplicable, NotConfigured

__all__ = [
    "Found",
    "NotApplicable",
    "NotConfigured",
    "advise",
    "fail",
    "not_applicable",
    "repeats",
    "requested_id",
    "require",
    "require_answer",
]


class Found(Exception):
    """What a check found instead of what must hold. ``stated``: it says so itself, not a ``refusal``.

    ``promise`` is the id of the promise that is broken (``checks/promises.toml``): unless that is binding, a warning is
    the worst that can come of it.
    """

    def __init__(
        self, finding: Finding, *, stated: bool = False, refusal: Refusal | None = None, promise: str | None = None
    ) -> None:
        super().__init__(f"{finding.cause}: {finding.explanation}")
        self.finding, self.stated, self.refusal = finding, stated, refusal
        self.promise = None if promise is None else PROMISES[promise]


def require_answer(evidence: Evidence) -> Any:
    """Return the data of an answer, or None where there was nothing to ask for. Raises :class:`Found` for a refusal."""
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
    promise: str | None = None,
) -> NoReturn:
    """Report that the check does not hold: raise :class:`Found` with the explanation.

    ``facts`` fill the commands of the fix; ``remedy`` replaces its text; ``promise`` is the id of the broken promise.

        fail("The workspace is in another region.", "workspace_not_found")
    """
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
        promise=promise,
    )


def require(
    condition: object,
    explanation: str,
    cause: str = "contract_violation",
    *,
    about: str | None = None,
    promise: str | None = None,
) -> None:
    """Fail with the explanation unless the condition is true. ``promise`` is the id of the promise that it is true.

    Raises :class:`Found`, which the check leaves uncaught.

        require(workspace.data.location == "westeurope", f"It is in {workspace.data.location}.")
    """
    if not condition:
        fail(explanation, cause, about=about, promise=promise)


def advise(condition: object, explanation: str, *, promise: str) -> None:
    """Warn with the explanation unless the condition holds, for which the ``promise`` of this id is too weak a reason
    to fail.
    """
    require(condition, explanation, promise=promise)


def requested_id(evidence: Evidence) -> str:
    """Return the id that an answered request asked for: the last segment of its path."""
    path = urlsplit(evidence.exchange.url).path if isinstance(evidence, Answer) else ""
    return unquote(path.rpartition("/")[2])


def repeats(first: Iterable[str], second: Iterable[str]) -> bool:
    """Return whether a second page is not empty and holds only items of the first."""
    later = set(second)
    return bool(later) and not later - set(first)


def not_applicable(reason: str) -> NoReturn:
    """Report that the check does not apply, with the reason: raise :class:`NotApplicable`.

    if not incidents.data.value:
        not_applicable("the workspace has no incidents")
    """
    raise NotApplicable(reason)
