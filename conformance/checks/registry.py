"""The catalogue of checks: each one declared by its decorator, in the order in which a connection depends on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
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
"""The areas in the order of a connection: what comes later needs what comes before."""

ID = re.compile(r"[A-Z][A-Z0-9]*-\d{3}")

RETIRED: Mapping[str, str] = {}
"""Ids that were used once, and what became of them: never given again."""


@dataclass(frozen=True)
class Check(EvidenceFunction):
    """What must hold, as a pure function of evidence.

    ``owns`` names the causes that are this check's to report, as ``cause`` or ``cause:about``; ``using`` maps a
    parameter to the probe that it stands for; ``cause`` is the cause of a failed ``assert`` statement; ``facts`` are
    passed in by parameter name. ``moving``: it compares answers that a busy tenant changes, so its findings are
    confirmed with new answers. ``reads_text``: it looks for words in the customer's own texts, such as queries of
    rules, so a recording, whose texts are pseudonyms, does not hold it. ``applies`` returns why the check does not
    apply to a connection, whatever the evidence; None where it applies.
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
        """Return the name of the probe behind each parameter."""
        using = self.using or {}
        return {name: using.get(name, name) for name in self.parameters if using.get(name, name) in PROBES}

    @property
    def description(self) -> str:
        """The docstring of the function: how it is judged."""
        return (self.function.__doc__ or "").strip()

    @property
    def shipped(self) -> bool:
        """Whether the check is part of this suite, and not the user's own."""
        return self.function.__module__.startswith(f"{__package__}.")


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
    """Declare a check. Several decorators on a function declare one check each, with their own probes.

    The function's parameters name probes (or ``connection``); it returns if the title holds, and otherwise raises
    an ``AssertionError`` or calls a function of :mod:`conformance.checks.expect`. Raises ValueError for an id that is
    malformed or already used.

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
    """Return a declared check, without reading the whole catalogue. Raises KeyError for an unknown id."""
    return _checks[id]


def order(check: Check) -> tuple[int, str, str]:
    """Return a sort key: checks in the order of their areas, the user's own areas last."""
    areas = list(AREAS)
    return (areas.index(check.area) if check.area in AREAS else len(areas), check.area, check.id)


def catalogue() -> Mapping[str, Check]:
    """Return all declared checks by id, in order, the shipped ones included."""
    for module in iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("test_") and module.name not in _read:
            _read.add(module.name)
            import_module(f"{__package__}.{module.name}")
    return {check.id: check for check in sorted(_checks.values(), key=order)}
