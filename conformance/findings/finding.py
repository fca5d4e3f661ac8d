"""The meaning of a refusal: the cause, its certainty, and its fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from conformance.findings.cause import CAUSES
from conformance.findings.docs import UNPUBLISHED
from conformance.findings.remedies import PLACEHOLDERS, Fix, fix

_FACTS = PLACEHOLDERS | {"api", "kind"}
Certainty = Literal["certain", "likely"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One explained cause.

    ``code`` is the service's name for the error. ``also`` are other causes that fit the same answer. ``about`` is the
    subject of a cause that has several (an API, an app role, an action, a table, a host). ``tell_apart`` names the
    function that can decide between the causes with more evidence. ``entry`` is the matched catalogue entry.
    """

    cause: str
    certainty: Certainty
    explanation: str
    fix: Fix
    owner: str
    docs: str
    code: str | None = None
    also: tuple[str, ...] = ()
    about: str | None = None
    tell_apart: str | None = None
    entry: str | None = None
    facts: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    """The values that the fix was filled in with; None if its text is the finding's own."""

    def completed(self, facts: Mapping[str, str]) -> Finding:
        """Return the finding with placeholders of its fix also filled in from ``facts``; its own facts take
        precedence.
        """
        if self.facts is None:
            return self
        own = {**facts, **self.facts}
        return replace(self, facts=own, fix=fix(CAUSES[self.cause], own))

    @property
    def conclusive(self) -> bool:
        """Return whether a service confirmed the cause. Only then it may count as a failure."""
        return CAUSES[self.cause].conclusive


def finding(
    cause: str,
    *,
    facts: Mapping[str, str] | None = None,
    certainty: Certainty = "certain",
    explanation: str | None = None,
    also: tuple[str, ...] = (),
    about: str | None = None,
    code: str | None = None,
    tell_apart: str | None = None,
    entry: str | None = None,
    remedy: str | None = None,
    owner: str | None = None,
) -> Finding:
    """Return a finding with its fix filled in from ``facts`` (placeholder names to values; others are ignored).

    ``remedy`` replaces the text of the cause's fix if that is too general, and ``owner`` replaces its owner.

    Raises KeyError for a cause outside the vocabulary.
    """
    declared_cause = CAUSES[cause]
    usable = {name: str(value) for name, value in (facts or {}).items() if name in _FACTS and value}
    return Finding(
        cause=cause,
        certainty=certainty,
        explanation=explanation or declared_cause.explanation,
        fix=fix(declared_cause, usable) if remedy is None else Fix(remedy),
        owner=owner or declared_cause.owner,
        docs=UNPUBLISHED.cause(cause),
        code=code,
        also=also,
        about=about,
        tell_apart=tell_apart,
        entry=entry,
        facts=usable if remedy is None else None,
    )
