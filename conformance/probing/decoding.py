"""Bodies of answers: unpacked step by step, and read within limits."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

STEP = 64 * 1024
"""Maximum bytes that one step of unpacking gives."""
LAYERS = 3
"""Maximum encodings of one answer that are undone."""
ACCEPTED = "gzip, deflate"
"""The encodings to ask for: only those that can be unpacked step by step."""


class EndlessAnswer(Exception):
    """An answer is longer than any documented one. The message states its size, such as ``more than 32 MiB``."""


@dataclass(slots=True)
class Budget:
    """The bytes and JSON values that all answers of a connection may still have in total."""

    length: int
    members: int
    used: int = 0

    def take(self, length: int) -> None:
        """Take bytes from the budget. Raises :class:`EndlessAnswer` where too few are left."""
        self.used += length
        if self.used > self.length:
            raise EndlessAnswer(f"more than {_size(self.length)}, together with the other answers")

    def give_back(self, length: int) -> None:
        """Return the bytes of a released answer to the budget."""
        self.used -= length

    def take_members(self, body: bytes, largest: int) -> None:
        """Count the values in a JSON body: a decoded value takes many times its length in memory.

        Raises :class:`EndlessAnswer` for more than ``largest`` values, or more than the connection has left.
        """
        count = body.count(b",") + body.count(b"{") + body.count(b"[")
        if count > min(largest, self.members):
            raise EndlessAnswer(f"more than {min(largest, self.members):,} values")
        self.members -= count


async def whole(response: httpx.Response, largest: int, budget: Budget) -> bytes:
    """Return the unpacked body of an answer, and close the answer.

    Raises :class:`EndlessAnswer` for more than ``largest`` bytes, packed or unpacked, in any layer of its encodings, or
    for more than the budget, and the errors of httpx, such as :class:`httpx.DecodingError` for data that cannot be
    unpacked. Other tasks run between the steps, so a deadline is kept.
    """
    parts: list[bytes] = []
    length = 0
    try:
        async for part in unpack(response, largest):
            length += len(part)
            budget.take(len(part))
            if length > largest:
                raise EndlessAnswer(f"more than {_size(largest)}")
            parts.append(part)
    except BaseException:
        budget.give_back(length)
        raise
    finally:
        await response.aclose()
    return b"".join(parts)


async def unpack(response: httpx.Response, largest: int) -> AsyncIterator[bytes]:
    """Yield the parts of a body, none of them longer than a step or than the part received from the network.

    Raises :class:`EndlessAnswer` for a body of more than ``largest`` bytes, and ``httpx.DecodingError``.
    """
    if response.is_stream_consumed:  # already in memory: an answer of a cassette or a fake
        yield response.content
        return
    names = [part.strip().lower() for part in _encodings(response)]
    layers = [_layer(name, largest) for name in reversed(names) if name not in ("", "identity")]
    if len(layers) > LAYERS:
        raise httpx.DecodingError(f"the body is encoded {len(layers)} times")
    size = since = 0
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for part in response.stream:
        size += len(part)
        if size > largest:
            raise EndlessAnswer(f"more than {_size(largest)}")
        for piece in _through(layers, part):
            yield piece
            since += len(piece)
            if since >= STEP:
                since = 0
                await asyncio.sleep(0)
    for layer in layers:
        layer.end()


def _encodings(response: httpx.Response) -> list[str]:
    """Return the names of a body's encodings. It does not use httpx, which decodes all headers to find one."""
    values = [value for name, value in response.headers.raw if name.lower() == b"content-encoding"]
    return b",".join(values).decode("latin-1").split(",")


class Layer:
    """One encoding of a body: ``gzip``, or ``deflate`` with and without its header."""

    def __init__(self, name: str, largest: int) -> None:
        self._name, self._largest, self._length = name, largest, 0
        self._head = b""
        """Bytes received before the format is known."""
        self._decoder: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the unpacked data of a part, in steps. Data after the end is ignored, as httpx does.

        Raises ``httpx.DecodingError``, and :class:`EndlessAnswer` for too much data.
        """
        if self._decoder is None:
            self._head += data
            if len(self._head) < 2:
                return
            data = self._head
            self._decoder = zlib.decompressobj(self._format(data))
        while data and not self._decoder.eof:
            try:
                piece = self._decoder.decompress(data, STEP)
            except zlib.error as error:
                raise httpx.DecodingError(f"the body is no {self._name}: {error}") from None
            data = self._decoder.unconsumed_tail
            self._length += len(piece)
            if self._length > self._largest:
                raise EndlessAnswer(f"more than {_size(self._largest)}")
            if piece:
                yield piece

    def end(self) -> None:
        """End the layer. Raises :class:`httpx.DecodingError` for an incomplete body."""
        if self._head and (self._decoder is None or not self._decoder.eof):
            raise httpx.DecodingError(f"the body ends within its {self._name}")

    def _format(self, data: bytes) -> int:
        """Return zlib's window bits; ``deflate`` data may begin with a header of two bytes (RFC 1950)."""
        if self._name == "gzip":
            return zlib.MAX_WBITS | 16
        has_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS


def _size(length: int) -> str:
    return f"{length >> 20} MiB" if length >= 1 << 20 else f"{length} bytes"


def _layer(name: str, largest: int) -> Layer:
    if name not in ("gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError("the body has an encoding that was not asked for")
    return Layer(name.removeprefix("x-"), largest)


def _through(layers: list[Layer], part: bytes) -> Iterator[bytes]:
    """Yield a part decoded by all layers, the outermost first."""
    if not layers:
        yield part
        return
    for piece in layers[0].feed(part):
        yield from _through(layers[1:], piece)
