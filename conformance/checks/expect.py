"""Functions that a check calls to report its result."""

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
    """Raised with the finding of a check. ``stated``: the finding is the check's own, not a ``refusal`` by a service.

    ``promise`` is the id of the broken promise (``checks/promises.toml``). If that promise is not binding, the outcome
    is at worst a warning.
    """

    def __init__(
        self, finding: Finding, *, stated: bool = False, refusal: Refusal | None = None, promise: str | None = None
    ) -> None:
        super().__init__(f"{finding.cause}: {finding.explanation}")
        self.finding, self.stated, self.refusal = finding, stated, refusal
        self.promise = None if promise is None else PROMISES[promise]


def require_answer(evidence: Evidence) -> Any:
    """Return the data of an answer, or None if the request was not sent.

    Raises :class:`Found` for a refusal and RuntimeError for an internal error.
    """
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
    """Fail with the explanation unless the condition is true.

    ``promise`` is the id of the promise behind the condition. Raises :class:`Found`, which the check must not catch.

        require(workspace.data.location == "westeurope", f"It is in {workspace.data.location}.")
    """
    if not condition:
        fail(explanation, cause, about=about, promise=promise)


def advise(condition: object, explanation: str, *, promise: str) -> None:
    """Warn with the explanation unless the condition is true; the ``promise`` is too weak for a failure."""
    require(condition, explanation, promise=promise)


def requested_id(evidence: Evidence) -> str:
    """Return the id in an answered request: the last segment of its path. Empty without an answer."""
    path = urlsplit(evidence.exchange.url).path if isinstance(evidence, Answer) else ""
    return unquote(path.rpartition("/")[2])


def repeats(first: Iterable[str], second: Iterable[str]) -> bool:
    """Return whether a second page has items and all of them are on the first page."""
    later = set(second)
    return bool(later) and not later - set(first)


def not_applicable(reason: str) -> NoReturn:
    """Report that the check does not apply, with the reason: raise :class:`NotApplicable`.

    if not incidents.data.value:
        not_applicable("the workspace has no incidents")
    """
    raise NotApplicable(reason)
