"""Texts that are almost a GUID: missing digits, other groups, a letter that looks like a digit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
GROUPS = (8, 4, 4, 4, 12)
DIGITS = sum(GROUPS)
LOOKALIKES = str.maketrans("OoIl|", "00111")
"""Characters that are read as a digit."""
_SEPARATOR = re.compile(r"[\s_\u2010-\u2015\u2212-]")
"""The characters between the groups: a hyphen, or its substitutes by text editors and scripts."""
_HEXADECIMAL = re.compile(r"[0-9a-f]+", re.IGNORECASE)
_TOTALS = range(12, 53)
"""Numbers of hexadecimal digits in a text that is nearly a GUID."""
_MIN_UNGROUPED = 20
"""So many of them where the first group is not that of a GUID."""
_MAX_FOREIGN = 4
"""Characters that are no hexadecimal digit; a text with more of them is something else."""


def regrouped(text: str) -> str | None:
    """Return the intended GUID of a text with its 32 digits in other groups, or with a letter that looks like a digit;
    None if it is not one.
    """
    digits = _SEPARATOR.sub("", text).translate(LOOKALIKES)
    guid = "-".join(digits[end - size : end] for size, end in zip(GROUPS, accumulate(GROUPS), strict=True))
    return guid if len(digits) == DIGITS and GUID.fullmatch(guid) else None


def deviation(text: str) -> str | None:
    """Return the difference between a text and a GUID, without its characters; None if it is not almost a GUID.

    >>> deviation("3b64aa0d-51bc-4f2e-9a6b-ef3b25d1c0")
    '30 instead of 32 hexadecimal digits, 10 instead of 12 in group 5'
    """
    groups = _SEPARATOR.split(text.rstrip(".…"))
    if GUID.fullmatch(text) or not all(groups):
        return None
    sizes = tuple(map(len, groups))
    total = sum(sizes)
    if not all(map(_HEXADECIMAL.fullmatch, groups)):
        return _foreign_characters(groups) if sizes == GROUPS else None
    if total not in _TOTALS or not (sizes[0] == GROUPS[0] or total >= _MIN_UNGROUPED):
        return None
    if total == DIGITS:
        return _wrong_groups(sizes)
    odd = [pair for pair in enumerate(zip(sizes, GROUPS, strict=False), 1) if len(set(pair[1])) > 1]
    where = ""
    if len(sizes) == len(GROUPS) and len(odd) == 1:
        number, (size, expected) = odd[0]
        where = f", {size} instead of {expected} in group {number}"
    return f"{total} instead of {DIGITS} hexadecimal digits{where}"


def _wrong_groups(sizes: Sequence[int]) -> str:
    if len(sizes) == 1:
        return "no hyphens between its groups"
    if sizes == GROUPS:
        return "something else than hyphens between its groups"
    return f"groups of {_sizes(sizes)} instead of {_sizes(GROUPS)} hexadecimal digits"


def _foreign_characters(groups: Sequence[str]) -> str | None:
    other_signs = [[sign for sign in group if not _HEXADECIMAL.fullmatch(sign)] for group in groups]
    count = sum(map(len, other_signs))
    if count > _MAX_FOREIGN:
        return None
    where = " and ".join(str(number) for number, signs in enumerate(other_signs, 1) if signs)
    return f"{count} character{'s' if count > 1 else ''} other than hexadecimal digits, in group {where}"


def _sizes(sizes: Sequence[int]) -> str:
    return "-".join(map(str, sizes))
