"""An event in the watch of a connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from conformance.checks.outcome import Root


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """A root cause that an examination found, or that a later examination no longer found: then it is ``fixed``. A root
    cause hidden by an outage or another refusal is not fixed.
    """

    at: datetime
    """The end of that examination, UTC."""
    kind: Literal["found", "fixed"]
    root: Root
