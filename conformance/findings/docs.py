"""Links to the documentation of a cause or a check: its page of the published site, or its path in docs/."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import UsageError
from conformance.findings.lazy_pattern import lazy_pattern

_ADDRESS = lazy_pattern(r"(?:https?|file)://[\w.:/~%-]+")


class DocsError(UsageError):
    """The address cannot be the address of a site."""


@dataclass(frozen=True, slots=True)
class Docs:
    """The place of the documentation. ``base`` is the address of the site that ``make site`` builds; None if it is not
    published.

    Paths in docs/ are those of the repository and of the source distribution.
    """

    base: str | None = None

    @classmethod
    def at(cls, address: str | None) -> Docs:
        """Return the documentation at the address in an option. Raises :class:`DocsError` for an unusable address."""
        if address is not None and not _ADDRESS.fullmatch(address):
            raise DocsError("--sentinel-docs: not an address such as https://docs.example.com/sentinel")
        return cls(address and address.removesuffix("/index.html").rstrip("/"))

    def cause(self, id: str) -> str:
        """Return the link to the page of a cause: an address, or a path in the repository."""
        return f"{self.base}/causes/{id}.html" if self.base else f"docs/findings.md#{id}"

    def check(self, id: str) -> str:
        """Return the link to the page of a check: an address, or a path in the repository."""
        return f"{self.base}/checks/{id}.html" if self.base else f"docs/checks.md#{id}"


UNPUBLISHED = Docs()
