"""The command that started a run, as a reader can give it again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

LEFT_OUT = re.compile(
    r"-(?:k|m)(?P<value>.*)|--(?:deselect|sentinel-(?:notify|report)|junit-?xml)(?P<given>=.*)?", re.DOTALL
)
"""Options left out with their values: what chooses tests, and where reports went (addresses can hold secrets)."""
MANNER = re.compile(r"-[vqx]+|--(?:lf|last-failed|ff|failed-first|sw|stepwise|verbose|quiet|exitfirst|sentinel-resume)")
"""What does not belong to the question: how much is told, and where the last run ended."""


def command(arguments: Iterable[str]) -> str:
    """pytest's command line without what selects, so that ``-k`` of one check can be put behind it."""
    kept: list[str] = []
    given = iter(arguments)
    for one in given:
        if option := LEFT_OUT.fullmatch(one):
            if not (option["value"] or option["given"]):
                next(given, None)
        elif not MANNER.fullmatch(one):
            kept.append(one)
    return shlex.join(["pytest", *kept])
