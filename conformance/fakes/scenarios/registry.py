"""Declaration of scenarios."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.verification.verdict import ExitCode

Arrange = Callable[..., None]
"""Takes the world, and whole numbers with defaults."""


@dataclass(frozen=True)
class Scenario:
    """``causes`` are the root causes that a report must name, ``notes`` those that it must warn of; ``exit_code`` of
    the run. ``credential`` is the key of the connection's credential in the connection file; None: unchanged.
    """

    name: str
    title: str
    arrange: Arrange
    causes: tuple[str, ...]
    notes: tuple[str, ...]
    exit_code: ExitCode
    credential: str | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """Return the names of the whole numbers that its function takes beside the world."""
        return tuple(inspect.signature(self.arrange).parameters)[1:]


_scenarios: dict[str, Scenario] = {}
SCENARIOS: Mapping[str, Scenario] = MappingProxyType(_scenarios)


def scenario(
    name: str,
    title: str,
    *causes: str,
    notes: tuple[str, ...] = (),
    exit_code: ExitCode | None = None,
    credential: str | None = None,
) -> Callable[[Arrange], Arrange]:
    """Return a decorator that declares a scenario by the function that arranges it; a name in use raises ValueError."""

    def declare(arrange: Arrange) -> Arrange:
        if name in _scenarios:
            raise ValueError(f"two scenarios are named {name}")
        code = exit_code if exit_code is not None else (ExitCode.NONCONFORMANT if causes else ExitCode.CONFORMANT)
        _scenarios[name] = Scenario(name, title, arrange, causes, notes, code, credential)
        return arrange

    return declare
