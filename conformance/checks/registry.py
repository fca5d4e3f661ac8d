"""The catalogue of checks, each declared by its decorator, in the order in which a connection depends on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Literal, TypeVar

from conformance.connection import Connection
from conformance.probing.probe import PROBES, EvidenceFunction

F = TypeVar("F", bound=Callable[..., object])
Level = Literal["must", "should"]

AREAS: Mapping[str, str] = {
    "connection": "The connection file and the way to the services",
    "auth": "Entra issues a token for each API",
    "permissions": "Admin consent",
    "rbac": "Azure roles of the service principal",
    "arm": "The workspace and what surrounds it",
    "log_analytics": "Log Analytics",
    "sentinel": "Microsoft Sentinel",
    "graph": "Microsoft Graph security",
    "defender": "Defender for Endpoint",
    "ingestion": "Log ingestion with the same app",
    "consistency": "Two routes to the same truth",
    "hygiene": "Hygiene",
    "health": "What fails without saying so",
    "readiness": "Ready for what Microsoft has announced",
    "guide": "The onboarding guide",
}
"""The areas in the order of a connection: each needs those before it."""

ID = re.compile(r"[A-Z][A-Z0-9]*-\d{3}")

RETIRED: Mapping[str, str] = {}
"""Ids that were used once, and what became of them: never given again."""


@dataclass(frozen=True)
class Check(EvidenceFunction):
    """A statement that must hold, as a pure function of evidence.

    ``owns`` names the causes that this check reports, as ``cause`` or ``cause:about``. ``using`` maps a parameter to
    its probe. ``cause`` is the cause of a failed ``assert`` statement. ``facts`` are passed in by parameter name.
    ``moving``: the check compares answers that change in a busy tenant, so its findings are confirmed with new answers.
    ``reads_text``: the check searches the customer's own texts, such as queries of rules; a recording replaces these
    with pseudonyms, so the check cannot run on it. ``applies`` returns the reason why the check does not apply to a
    connection, for any evidence; None if it applies.
    """

    id: str = ""
    title: str = ""
    area: str = ""
    level: Level = "must"
    owns: tuple[str, ...] = ()
    cause: str = "contract_violation"
    using: Mapping[str, str] | None = None
    given: Mapping[str, Any] | None = None
    marks: tuple[str, ...] = ()
    moving: bool = False
    applies: Callable[[Connection], str | None] | None = None
    reads_text: bool = False

    @cached_property
    def needs(self) -> Mapping[str, str]:
        """Return the name of the probe for each parameter."""
        using = self.using or {}
        return {name: using.get(name, name) for name in self.parameters if using.get(name, name) in PROBES}

    @property
    def description(self) -> str:
        """Return the docstring of the function, which explains how the check judges."""
        return (self.function.__doc__ or "").strip()

    @property
    def shipped(self) -> bool:
        """Return whether the check is part of this suite, not the user's own."""
        return self.function.__module__.startswith(f"{__package__}.")


_PLACES = {area: place for place, area in enumerate(AREAS)}
_checks: dict[str, Check] = {}
_read: set[str] = set()
"""The modules of checks, imported once for the catalogue, also if ``sys.modules`` loses them afterwards."""


def check(
    id: str,
    title: str,
    *,
    area: str | None = None,
    level: Level = "must",
    owns: tuple[str, ...] = (),
    cause: str = "contract_violation",
    using: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    marks: tuple[str, ...] = (),
    moving: bool = False,
    applies: Callable[[Connection], str | None] | None = None,
    reads_text: bool = False,
) -> Callable[[F], F]:
    """Declare a check. Several decorators on one function declare one check each, with their own probes.

    The parameters of the function name probes (or ``connection``). The function returns if the title holds; otherwise
    it raises an ``AssertionError`` or calls a function of :mod:`conformance.checks.expect`. Raises ValueError for an id
    that is malformed or already used.

        @check("OWN-001", "the workspace is in the EU", level="should")
        def test_region(workspace: Answer) -> None:
            require(workspace.data.location == "westeurope", f"It is in {workspace.data.location}.")
    """

    def declare(function: F) -> F:
        if not ID.fullmatch(id) or id in _checks or id in RETIRED:
            raise ValueError(f"{id!r} is not a free check id such as ABC-001")
        home = area or function.__module__.rpartition("test_")[2]
        declared = Check(
            function, id, title, home, level, owns, cause, using or {}, given or {}, marks, moving, applies, reads_text
        )
        _checks[id] = declared
        function.__dict__.setdefault("__checks__", []).insert(0, declared)
        return function

    return declare


def get_check(id: str) -> Check:
    """Return a declared check without loading the whole catalogue. Raises KeyError for an unknown id."""
    return _checks[id]


def order(check: Check) -> tuple[int, str, str]:
    """Return the sort key of a check: by area, with the user's own areas last."""
    return _PLACES.get(check.area, len(_PLACES)), check.area, check.id


def catalogue() -> Mapping[str, Check]:
    """Return all declared checks by id, in order. This loads the shipped ones."""
    for name in _modules():
        if name not in _read:
            _read.add(name)
            import_module(f"{__package__}.{name}")
    return {check.id: check for check in sorted(_checks.values(), key=order)}


@cache
def _modules() -> tuple[str, ...]:
    """Return the names of the modules of shipped checks."""
    modules = iter_modules([str(Path(__file__).parent)])
    return tuple(module.name for module in modules if module.name.startswith("test_"))
