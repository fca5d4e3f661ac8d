"""Stable shards of the connections, for the jobs of a CI matrix."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.connection import Connection
from conformance.errors import UsageError


class ShardError(UsageError):
    """The text is not a shard, such as ``2/5``. The message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``index``-th of ``count`` shards, from 1. Only its name decides to which shard a connection belongs."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard of a text such as ``2/5``. Raises :class:`ShardError`."""
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            raise ShardError(f"{text!r} is no share of the connections: 2/5 is the second of five")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def of(self, connections: Iterable[Connection]) -> list[Connection]:
        """Return the connections of this shard, in input order."""
        return [
            connection
            for connection in connections
            if zlib.crc32(connection.name.encode()) % self.count == self.index - 1
        ]
