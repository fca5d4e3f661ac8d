"""Azure role assignments and deny assignments of a virtual tenant."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from conformance.fakes.state.roles import RoleDefinition


@dataclass
class Assignment:
    """A role assignment. It takes effect ``delay`` after ``created``."""

    role: RoleDefinition
    principal_id: str
    scope: str
    created: datetime
    delay: timedelta = timedelta()
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    principal_type: str = "ServicePrincipal"
    delegated: bool = False
    """Assigned by Azure Lighthouse: effective, but in no list of role assignments."""


@dataclass
class Denial:
    """A deny assignment: takes actions away from all principals that it names."""

    principal_id: str
    scope: str
    actions: tuple[str, ...]
