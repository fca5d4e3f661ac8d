"""A rule of the leak scan."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from conformance.recording.leaks.passages import Passage

Find = Callable[[Passage], Iterable[str]]
"""A function that returns the values in a passage that must not occur there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of value that a recording must not contain; ``title`` describes it in messages.

    ``as_written``: the rule also applies to a text that looks URL-encoded before it is decoded, since the value itself
    may look so.
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
    """Return a search for a regular expression, or for its group 1 if it has one, without the matches allowed by
    ``unless``.

    ``within`` limits it to fields with these names in lower case.
    """
    compiled = re.compile(regex, flags)
    group = 1 if compiled.groups else 0

    def find(passage: Passage) -> Iterable[str]:
        if within and passage.field.lower() not in within:
            return ()
        return [match[group] for match in compiled.finditer(passage.text) if not unless(match[group])]

    return find
