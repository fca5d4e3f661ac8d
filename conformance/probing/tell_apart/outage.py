"""An API that does not answer: one outage, however many operations meet it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.findings import Finding
from conformance.probing.evidence import Evidence, Refusal
from conformance.probing.probe import Injected
from conformance.probing.tell_apart.rules import NETWORK, REPRESENTATIVE, SERVICE, register


def _outage(api: str) -> None:
    """The rule for one API: an outage seen by its representative too is one outage."""

    def outage(refusal: Refusal, representative: Evidence) -> Finding | None:
        same = refusal.probe == REPRESENTATIVE[api] or (
            isinstance(representative, Refusal) and representative.finding.cause in NETWORK | SERVICE
        )
        if not same:
            return replace(refusal.finding, about=refusal.probe)
        first = refusal.finding if refusal.probe == REPRESENTATIVE[api] else representative.finding  # type: ignore[attr-defined]
        about = "host" if first.cause in NETWORK else f"{api} outage"
        return replace(first, about=about)

    outage.__annotations__ = {"refusal": Refusal, "representative": Evidence}
    register(f"outage_of_{api}", _Renamed(outage, representative=REPRESENTATIVE[api]))


class _Renamed(Injected):
    """A rule whose parameter stands for a probe of another name."""

    def __init__(self, function: Callable[..., Finding | None], **probes: str) -> None:
        def renamed(**given: object) -> Finding | None:
            back = {probe: name for name, probe in probes.items()}
            return function(**{back.get(name, name): value for name, value in given.items()})

        super().__init__(renamed)
        self.__dict__["parameters"] = {"refusal": True, **dict.fromkeys(probes.values(), True)}


for _api in REPRESENTATIVE:
    _outage(_api)
