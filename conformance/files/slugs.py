"""File names for the names of connections."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

MAX_LENGTH = 60
RESERVED = re.compile(r"con|prn|aux|nul|conin|conout|(?:com|lpt)[0-9¹²³]")
"""Names of devices on Windows, which no file or folder there can have."""


def slugs(names: Iterable[str]) -> list[str]:
    """Return a file name for each connection name, in the same order. All are different, even if case is ignored."""
    used = set[str]()
    result = []
    for number, name in enumerate(names, 1):
        stem = re.sub(r"[^\w-]+", "-", name).strip("-")[:MAX_LENGTH].lower() or str(number)
        if RESERVED.fullmatch(stem):
            stem = f"{stem}-{number}"
        if stem in used:
            stem = next(free for more in count(number) if (free := f"{stem}-{more}") not in used)
        used.add(stem)
        result.append(stem)
    return result
