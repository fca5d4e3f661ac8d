"""The command that started a run, as a reader can give it again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

SELECTING = re.compile(r"-(?:k|m)(?P<value>.*)|--(?:deselect|sentinel-notify)(?P<given>=.*)?", re.DOTALL)
"""Options that choose tests, each with its value; and addresses to notify, which can hold secrets."""
MANNER = re.compile(r"-[vqx]+|--(?:lf|last-failed|ff|failed-first|sw|stepwise|verbose|quiet|exitfirst)")
"""What does not belong to the question: how much is told, and where the last run ended."""


def command(arguments: Iterable[str]) -> str:
    """pytest's command line without what selects, so that ``-k`` of one check can be put behind it."""
    kept: list[str] = []
    given = iter(arguments)
    for one in given:
        if selecting := SELECTING.fullmatch(one):
            if not (selecting["value"] or selecting["given"]):
                next(given, None)
        elif not MANNER.fullmatch(one):
            kept.append(one)
    return shlex.join(["pytest", *kept])
