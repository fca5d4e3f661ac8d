"""The result of a probe: an answer, a refusal, or the reason why nothing was asked. Evidence never raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeVar

from conformance.findings import Finding

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange. ``started`` and ``elapsed`` are seconds on the monotonic clock of the run."""

    method: str
    url: str
    status: int | None
    request_id: str | None
    date: datetime | None
    received: datetime | None
    """The local wall clock when the answer came: its difference to ``date`` is the skew."""
    started: float
    elapsed: float
    attempts: int = 1
    throttled: int = 0
    """Number of attempts that were answered 429."""
    endpoint: str = ""
    """The name of the operation, such as ``sentinel.incidents``."""
    issuer: str | None = None
    """The certificate's issuer if it is none of the services' authorities: then a proxy decrypts TLS."""

    @property
    def skew(self) -> timedelta | None:
        """Return how far the local clock was ahead when the answer came; None if the answer has no date."""
        return None if self.date is None or self.received is None else self.received - self.date

    @property
    def api(self) -> str:
        """Return the name of the API."""
        return self.endpoint.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The result of one probe."""

    probe: str


@dataclass(frozen=True, slots=True)
class Answer(Evidence, Generic[T]):
    """A success of the documented shape."""

    data: T
    exchange: Exchange
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    """As received; never printed: the body of a token answer holds the token."""


@dataclass(frozen=True, slots=True)
class Refusal(Evidence):
    """Any other result than a success of the documented shape, with its finding."""

    finding: Finding
    exchange: Exchange | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_finding(self, finding: Finding) -> Refusal:
        """Return the same refusal with another finding."""
        return replace(self, finding=finding)


@dataclass(frozen=True, slots=True)
class Blocked(Evidence):
    """Not asked, because a probe that it needs was refused: ``root`` is the first refusal in the chain."""

    root: Refusal


@dataclass(frozen=True, slots=True)
class NotAsked(Evidence):
    """Not asked, because the question does not apply."""

    reason: str
    kind: Literal["not_applicable", "not_configured"] = "not_applicable"


@dataclass(frozen=True, slots=True)
class InternalError(Evidence):
    """Internal error, or a request missing from the cassette."""

    message: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """All evidence of a run about one connection."""

    evidence: Mapping[str, Evidence]
    exchanges: tuple[Exchange, ...]
    requests: int

    def update(self, later: Gathered) -> Gathered:
        """Return a copy in which ``later`` evidence replaces earlier evidence of the same probes."""
        return Gathered(
            {**self.evidence, **later.evidence}, self.exchanges + later.exchanges, self.requests + later.requests
        )
