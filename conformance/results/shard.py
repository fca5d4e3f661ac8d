"""A share of the connections, the same ones each time: for the jobs of a CI matrix."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.connection import Connection
from conformance.errors import UsageError


class ShardError(UsageError):
    """What was given is no share."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``index``-th of ``count`` shares, from 1. A connection's name alone decides where it belongs."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``2/5``. Raises :class:`ShardError`."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ShardError(f"{text!r} is no share of the connections: 2/5 is the second of five")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def of(self, connections: Iterable[Connection]) -> list[Connection]:
        """Return those that belong to this share, in their order."""
        return [one for one in connections if zlib.crc32(one.name.encode()) % self.count == self.index - 1]
