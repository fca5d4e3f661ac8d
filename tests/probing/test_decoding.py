"""Bodies are decompressed step by step: no answer exceeds its limit in any layer, and a deadline is observed."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from conformance.probing.decoding import STEP, Budget, EndlessAnswer, unpack, whole

SMALL = 4 * STEP


def answer(content: bytes, encoding: str, piece: int = 1000) -> httpx.Response:
    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(content), piece):
            yield content[at : at + piece]

    return httpx.Response(200, headers={"content-encoding": encoding}, content=parts())


def decode(response: httpx.Response, largest: int = SMALL, budget: Budget | None = None) -> bytes:
    return asyncio.run(whole(response, largest, budget or Budget(largest, 10)))


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def packed(content: bytes) -> bytes:
    """Return the content as gzip, equal for each call: the names of subtests contain it."""
    return gzip.compress(content, mtime=0)


def test_a_body_is_decompressed(subtests: pytest.Subtests) -> None:
    for piece in [1, 7, 100_000]:
        for content, encoding in [
            (b"words" * 1000, ""),
            (b"words" * 1000, "identity"),
            (gzip.compress(b"words" * 1000), "gzip"),
            (gzip.compress(b"words" * 1000), "X-GZip"),
            (zlib.compress(b"words" * 1000), "deflate"),
            (raw_deflate(b"words" * 1000), "deflate"),
            (gzip.compress(zlib.compress(b"words" * 1000)), "deflate, gzip"),
        ]:
            with subtests.test(piece=piece, content=content, encoding=encoding):
                assert decode(answer(content, encoding, piece)) == b"words" * 1000


def test_too_long_bodies_are_aborted_in_the_layer_that_grows(subtests: pytest.Subtests) -> None:
    for content, encoding in [
        (packed(bytes(SMALL + 1)), "gzip"),
        (packed(packed(bytes(SMALL * 50))), "gzip, gzip"),
        (packed(packed(packed(bytes(SMALL * 50)))), "gzip, gzip, gzip"),
        (bytes(SMALL + 1), ""),
    ]:
        with subtests.test(encoding=encoding), pytest.raises(EndlessAnswer):
            decode(answer(content, encoding))


def test_no_step_gives_more_than_its_limit() -> None:
    async def longest() -> int:
        twice = packed(packed(bytes(SMALL)))
        return max([len(part) async for part in unpack(answer(twice, "gzip, gzip"), SMALL)])

    assert asyncio.run(longest()) <= STEP


def test_invalid_compression_is_reported(subtests: pytest.Subtests) -> None:
    for content, encoding in [
        (packed(b"words" * 1000)[:-20], "gzip"),
        (b"no gzip", "gzip"),
        (b"no deflate at all", "deflate"),
        (b"\x8b\x02\x80brotli", "br"),
        (packed(b"x"), "gzip, gzip, gzip, gzip"),
    ]:
        with subtests.test(content=content, encoding=encoding), pytest.raises(httpx.DecodingError):
            decode(answer(content, encoding))


def test_all_answers_of_a_connection_share_a_budget() -> None:
    budget = Budget(SMALL, 10)
    assert decode(answer(bytes(SMALL // 2), ""), budget=budget)
    assert decode(answer(bytes(SMALL // 2), ""), budget=budget)
    with pytest.raises(EndlessAnswer):
        decode(answer(b"x", ""), budget=budget)
    budget.give_back(SMALL // 2)
    assert decode(answer(b"x", ""), budget=budget) == b"x"
    with pytest.raises(EndlessAnswer):
        budget.take_members(b"[{},{},{}]", 5)


def test_a_deadline_holds_while_a_body_is_unpacked() -> None:
    """Other tasks run between the steps, so that a timeout takes effect before the end."""

    async def turns() -> int:
        steps = 0

        async def other() -> None:
            nonlocal steps
            while True:
                steps += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        await whole(answer(packed(bytes(SMALL)), "gzip", 100_000), SMALL, Budget(SMALL, 10))
        task.cancel()
        return steps

    assert asyncio.run(turns()) >= SMALL // STEP
