"""One thing that a recording must not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from conformance.recording.leaks.passages import Passage

Find = Callable[[Passage], Iterable[str]]
"""The values in a passage that must not occur there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``title`` names the leak in its message.

    ``as_written``: it also applies to a text that looks encoded for URLs before it is decoded; a value may look so too.
    """

    name: str
    title: str
    find: Find
    as_written: bool = False


def pattern(
    regex: str,
    *,
    unless: Callable[[str], bool] = lambda value: False,
    within: Collection[str] = (),
    flags: re.RegexFlag = re.IGNORECASE,
) -> Find:
    """Return a search for a regular expression (its group 1, where it has one), without the allowed matches.

    ``within`` limits it to fields of these names, given in lower case.
    """
    compiled = re.compile(regex, flags)
    group = 1 if compiled.groups else 0

    def find(passage: Passage) -> Iterable[str]:
        if within and passage.field.lower() not in within:
            return ()
        return [match[group] for match in compiled.finditer(passage.text) if not unless(match[group])]

    return find
