"""The input of an explanation at a command line: a text, a file or standard input, with its status, service and
headers, and an optional connection.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.errors import UsageError
from conformance.findings.explain import explain_all
from conformance.findings.finding import Finding
from conformance.findings.signal import SERVICES

LARGEST = 4 * 1024 * 1024
"""Bytes of a file or of standard input that are read."""


class PasteError(UsageError):
    """A file cannot be read, or a service or status does not exist. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Paste:
    """A pasted answer. ``text`` may contain secrets: it is never shown unchanged."""

    text: str | bytes = field(repr=False)
    service: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        text: str,
        *,
        service: str | None = None,
        status: int | None = None,
        headers: str | None = None,
        connection: Sequence[str] = (),
    ) -> Paste:
        """Return the paste of an argument: the text itself, ``@FILE``, or ``-`` for standard input.

        ``headers`` are lines, or ``@FILE``. ``connection`` names the file of the connection that the answer is about;
        its secret is not read. Raises :class:`PasteError`, and :class:`~conformance.ConnectionFileError` if that file
        cannot be used.
        """
        if service is not None and service.lower().replace("-", "_") not in SERVICES:
            raise PasteError(f"--sentinel-explain-service: none of {', '.join(dict.fromkeys(SERVICES.values()))}")
        if status is not None and not 100 <= status <= 599:
            raise PasteError("--sentinel-explain-status: not an HTTP status (100 to 599)")
        lines = _content(headers, "--sentinel-explain-headers") if headers else b""
        decoded = lines if isinstance(lines, str) else lines.decode("utf-8", "replace")
        rows = (line.partition(":") for line in decoded.splitlines())
        headers_by_name = {name.strip(): value.strip() for name, colon, value in rows if colon}
        facts = _facts(connection) if connection else {}
        return cls(_content(text, "--sentinel-explain"), service, status, headers_by_name, facts)

    def findings(self) -> tuple[Finding, ...]:
        """Return the finding of each error in the text, the cause of the others first."""
        return explain_all(self.text, status=self.status, headers=self.headers, service=self.service, facts=self.facts)


def _facts(files: Sequence[str]) -> Mapping[str, str]:
    from conformance.connection.loader import load  # imported late, so that the command starts fast

    connections = load(files, credentials=False)
    if len(connections) > 1:
        raise PasteError(f"--sentinel-config: {len(connections)} connections; an error is explained for one of them")
    return connections[0].facts()


def _content(text: str, option: str) -> str | bytes:
    if text == "-":
        return sys.stdin.buffer.read(LARGEST)
    if not text.startswith("@") or len(text) > 4096 or "\n" in text:
        return text
    try:
        with Path(text[1:]).open("rb") as file:
            return file.read(LARGEST)
    except (OSError, ValueError) as error:
        raise PasteError(f"{option}: {text[1:]}: {getattr(error, 'strerror', None) or 'cannot be read'}") from None
