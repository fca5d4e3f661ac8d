"""Similar lines, compressed in memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

SEGMENT = 24 * 1024
"""The number of bytes that are compressed together, with the same part of the first line as a dictionary."""
WINDOW = 32 * 1024
"""The size of zlib's window in bytes."""


class PackedLines:
    """Lines in the order in which they were added, each compressed with the first line as a dictionary.

    The entries of a fleet differ in little more than ids, but they are longer than zlib's window: compressed alone they
    take 18 kB each, with the dictionary 6 kB.
    """

    def __init__(self) -> None:
        self._first = b""
        self._packed: list[bytes] = []

    def add(self, line: bytes) -> None:
        """Append a line."""
        self._first = self._first or line
        segments = []
        for at in range(0, len(line), SEGMENT):
            packer = zlib.compressobj(6, zdict=self._near(at))
            segments.append(packer.compress(line[at : at + SEGMENT]) + packer.flush())
        self._packed.append(b"".join(segments))

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, number: int) -> bytes:
        rest, line = self._packed[number], b""
        while rest:
            unpacker = zlib.decompressobj(zdict=self._near(len(line)))
            line += unpacker.decompress(rest)
            rest = unpacker.unused_data
        return line

    def __iter__(self) -> Iterator[bytes]:
        return map(self.__getitem__, range(len(self)))

    def _near(self, at: int) -> bytes:
        """Return the bytes of the first line around a place."""
        start = max(0, at - (WINDOW - SEGMENT) // 2)
        return self._first[start : start + WINDOW]
