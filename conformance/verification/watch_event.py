"""What a watch saw happen to a connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from conformance.checks.outcome import Root


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """A root cause that a look found, or that a later one no longer found: it is ``fixed``. What cannot be seen,
    because of an outage or of another refusal, is not.
    """

    at: datetime
    """When that look was over, UTC."""
    kind: Literal["found", "fixed"]
    root: Root
