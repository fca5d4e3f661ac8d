"""Sources by name. This is the only module of the chain that imports the virtual tenant and the recordings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conformance.redaction import describe, remember_environment
from conformance.sources.base import Source, SourceError
from conformance.sources.live import Live

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.fakes import Scenario

CASSETTES = Path("cassettes")
"""The default folder of recorded connections."""


def source(name: str | Source, *, cassettes: Path = CASSETTES) -> Source:
    """Return the source of a name: ``live``, ``fake``, ``fake:SCENARIO``, ``fake:FAULT``, ``cassette`` or
    ``cassette:NAME``.

    ``cassettes`` is the folder that is searched for cassettes first. Raises :class:`SourceError`.
    """
    remember_environment()
    if not isinstance(name, str):
        return name
    kind, _, detail = name.partition(":")
    if kind == "live" and not detail:
        return Live()
    if kind == "fake":
        from conformance.fakes import Fake

        return Fake(detail or "healthy")
    if kind == "cassette":
        from conformance.recording.replay import Library

        return Library(cassettes, detail or None)
    raise SourceError(
        f"unknown source {describe(name)} (live, fake, fake:SCENARIO, fake:FAULT, cassette or cassette:NAME)"
    )


def scenarios() -> Mapping[str, Scenario]:
    """Return the scenarios of the virtual tenant by name."""
    from conformance.fakes import SCENARIOS

    return SCENARIOS
