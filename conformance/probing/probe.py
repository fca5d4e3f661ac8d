"""Probes: one question each, with the needed evidence as parameters.

A probe's parameters name ``connection`` or other probes. A parameter annotated :class:`Answer` must have been answered,
or the probe is blocked; for a parameter annotated :class:`Evidence`, any evidence is passed in.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, get_origin, get_type_hints

from conformance.apis.endpoint import Ask, Audience
from conformance.findings import Finding
from conformance.probing.evidence import Evidence

T = TypeVar("T")

CONNECTION = "connection"


class NotApplicable(Exception):
    """Raised when there is nothing to ask or to check; the message is the reason."""


class Refused(Exception):
    """Raised when the result is known without asking."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.cause)
        self.finding = finding


class NotConfigured(Exception):
    """Raised when the connection file lacks a needed key; the message names the key."""


@dataclass(frozen=True, slots=True)
class AskToken:
    """The question for an access token of one audience; asked through msal."""

    audience: Audience


@dataclass(frozen=True, slots=True)
class AskSecrets:
    """The request to try each of several client secrets."""


class Plan(Protocol):
    """A question that may take several requests."""

    async def put(self, execute: Callable[[Ask[Any]], Awaitable[Evidence]]) -> Evidence:
        """Return the evidence; ``execute`` asks one question. Raises :class:`NotApplicable` without a question."""


Question = Ask[Any] | AskToken | AskSecrets | Plan


@dataclass(frozen=True)
class EvidenceFunction:
    """A function whose parameters are evidence, by name."""

    function: Callable[..., Any]

    @cached_property
    def parameters(self) -> Mapping[str, bool]:
        """Return the names of the parameters, and whether each takes any evidence (else only an answer)."""
        hints = get_type_hints(self.function)
        return {
            name: (get_origin(hints.get(name)) or hints.get(name)) is Evidence
            for name in inspect.signature(self.function).parameters
        }


@dataclass(frozen=True)
class Probe(EvidenceFunction):
    name: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the names of the probes whose evidence the function takes."""
        return tuple(name for name in self.parameters if name != CONNECTION)


_probes: dict[str, Probe] = {}
PROBES: Mapping[str, Probe] = MappingProxyType(_probes)


def probe(function: Callable[..., Question]) -> Callable[..., Question]:
    """Register a probe under its function's name, and return it. Raises ``ValueError`` for a name that is in use."""
    name = function.__name__
    if name in _probes:
        raise ValueError(f"two probes are named {name}: {_probes[name].function.__module__} and {function.__module__}")
    _probes[name] = Probe(function, name)
    return function
