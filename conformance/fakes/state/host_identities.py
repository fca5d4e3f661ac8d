"""The managed identities of the machine that a client runs on, and the proofs that a caller runs on that machine."""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ARC_TOKENS = Path("/var/opt/azcmagent/tokens")
"""Folder on Linux of the files with which the agent of Azure Arc authenticates local users."""


@dataclass(frozen=True)
class UserIdentity:
    """A user-assigned identity: the three ids by which it can be asked for."""

    client_id: str
    object_id: str
    resource_id: str

    def is_meant(self, name: str, value: str) -> bool:
        """Return whether an id of this kind is its own."""
        return bool(getattr(self, name).lower() == value.lower())


@dataclass
class HostIdentities:
    """The identities that are assigned to the machine. All of them are the service principal of the tenant's app."""

    system: bool = True
    users: list[UserIdentity] = field(default_factory=list)
    header: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    """The value of IDENTITY_HEADER that App Service gives its programs."""
    arc_tokens: Path = ARC_TOKENS
    _arc_keys: dict[str, str] = field(default_factory=dict, repr=False)

    def problem(self, selectors: Mapping[str, str]) -> str | None:
        """Return the name of the refusal for a request with these ids; None if they select one identity."""
        if not selectors:
            alone = self.system or len(self.users) == 1
            return None if alone else "several-identities" if self.users else "identity-not-found"
        matches = [user for user in self.users if all(user.is_meant(name, value) for name, value in selectors.items())]
        return None if matches else "identity-not-found"

    def new_arc_key(self) -> Path:
        """Return the path of a new file whose content proves that a client may read it.

        If its folder does not exist or is not writable, no client can prove it.
        """
        path, content = self.arc_tokens / f"{uuid.uuid4()}.key", secrets.token_hex(32)
        self._arc_keys[content] = str(path)
        with contextlib.suppress(OSError):
            path.write_text(content)
            path.chmod(0o640)
        return path

    def is_arc_key(self, content: str) -> bool:
        """Return whether this is the content of such a file; each is valid for one request."""
        path = self._arc_keys.pop(content, None)
        if path is not None:
            with contextlib.suppress(OSError):
                Path(path).unlink()
        return path is not None
