"""The known secrets of a run, and their removal from a text.

One dictionary contains every block of 8 bytes of every form of a secret. A text is read in steps of 8 bytes, by C code
alone. So the time depends on the length of the text, not on the number of secrets, and any part of a secret of ``PART``
bytes or more is found. At a matching block, the match is extended to both sides as far as the form matches.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from struct import Struct
from threading import RLock

from conformance.redaction.forms import LONG, forms

BLOCK = 8
PART = 2 * BLOCK - 1
"""Parts of a form with this many bytes are always found. In a token or key this is true only of its beginning;
elsewhere ``PART_OF_LONG`` applies.
"""
STRIDE = 15
"""The distance between the listed blocks of a long form; it has no common divisor with ``BLOCK``."""
BEGINNING = 64
_SPARSE = Struct(f"=Q{STRIDE - BLOCK}x")
PART_OF_LONG = STRIDE * BLOCK + BLOCK
SHORT = 4
"""The minimum length in bytes of a secret that is removed. A secret shorter than ``BLOCK`` is removed only as a whole
word.
"""
MAX_BLOCKS = 400_000
"""The maximum number of blocks; the secrets used last are kept. It is more than 32 simultaneous connections need, in
about 80 MB.
"""
HIDDEN = b"***"
REACH = 64
"""The number of bytes before a match that are searched for the beginning of an escape sequence."""
_CUT = re.compile(rb"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?)\Z")
"""An escape sequence that was cut off, at the end of a text: half of one makes JSON invalid."""


@dataclass(frozen=True, slots=True)
class _Value:
    forms: tuple[bytes, ...]
    blocks: tuple[int, ...]


class Register:
    """The known secrets of a process."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._values: OrderedDict[str, _Value] = OrderedDict()
        self._blocks: dict[int, str] = {}
        """The secret that each block belongs to; of several, the one that was registered first."""
        self._sharers: dict[int, dict[str, None]] = {}
        """The other secrets of a block that several have, as the beginning of tokens."""
        self._short: dict[bytes, re.Pattern[bytes]] = {}
        """Forms too short to contain a whole block at every alignment."""

    def remember(self, value: str) -> None:
        """Register a secret, as the most recently used one."""
        text = value.strip()
        if len(text) < SHORT:
            return
        with self._lock:
            if text in self._values:
                self._values.move_to_end(text)
                return
            all_forms = forms(text)
            for spelling in all_forms:
                if len(spelling) < PART:
                    edge = (rb"(?<![0-9a-z])", rb"(?![0-9a-z])") if len(spelling) < BLOCK else (b"", b"")
                    self._short[spelling] = re.compile(edge[0] + re.escape(spelling) + edge[1])
            blocks = tuple({block for form in all_forms for block in _blocks(form)})
            for block in blocks:
                if self._blocks.setdefault(block, text) is not text:
                    self._sharers.setdefault(block, {})[text] = None
            self._values[text] = _Value(tuple(all_forms), blocks)
            while len(self._blocks) > MAX_BLOCKS and len(self._values) > 1:
                self._forget(*self._values.popitem(last=False))

    def hide(self, data: bytes) -> bytes:
        """Return the text without the known secrets; the same object if it contains none."""
        if not self._values:
            return data
        small = data.lower()
        whole = len(small) // BLOCK * BLOCK
        with self._lock:
            may_match = not self._blocks.keys().isdisjoint(memoryview(small)[:whole].cast("Q"))
            if not may_match and not any(short_form in small for short_form in self._short):
                return data
            return _without(data, small, list(_merged(self._regions(small, whole))))

    def _regions(self, small: bytes, whole: int) -> Iterator[tuple[int, int]]:
        for short_form, pattern in self._short.items():
            if short_form in small:
                yield from (match.span() for match in pattern.finditer(small))
        for at, block in enumerate(memoryview(small)[:whole].cast("Q")):
            if (text := self._blocks.get(block)) is None:
                continue
            place = at * BLOCK
            holders = (text, *self._sharers.get(block, ()))
            for form in dict.fromkeys(form for holder in holders for form in self._values[holder].forms):
                yield from _extend(small, place, form)

    def clear(self) -> None:
        """Forget all secrets, before another run."""
        with self._lock:
            self._values.clear()
            self._blocks.clear()
            self._sharers.clear()
            self._short.clear()

    def _forget(self, text: str, value: _Value) -> None:
        for form in value.forms:
            self._short.pop(form, None)
        for block in value.blocks:
            if (sharers := self._sharers.get(block)) is None:
                del self._blocks[block]
                continue
            if text in sharers:
                del sharers[text]
            else:
                self._blocks[block] = next(iter(sharers))
                del sharers[self._blocks[block]]
            if not sharers:
                del self._sharers[block]


def _blocks(form: bytes) -> Iterator[int]:
    """Yield the blocks by which a form is found: at every position, or at some positions of a long form."""
    is_long = len(form) >= LONG
    dense = form[: BEGINNING + BLOCK - 1] if is_long else form
    for offset in range(min(BLOCK, len(dense))):
        length = (len(dense) - offset) // BLOCK * BLOCK
        yield from memoryview(dense)[offset : offset + length].cast("Q")
    if is_long:
        places = range(BEGINNING, len(form) - BLOCK + 1, STRIDE)
        sparse = (form + bytes(STRIDE))[BEGINNING : BEGINNING + len(places) * STRIDE]
        yield from (block for (block,) in _SPARSE.iter_unpack(sparse))


def _extend(small: bytes, place: int, form: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges around the block at ``place`` that match the form, or a part of it."""
    block = small[place : place + BLOCK]
    at = form.find(block)
    while at >= 0:
        begin, end, end_before, start_after = place, place + BLOCK, at, at + BLOCK
        while begin and end_before and small[begin - 1] == form[end_before - 1]:
            begin, end_before = begin - 1, end_before - 1
        while end < len(small) and start_after < len(form) and small[end] == form[start_after]:
            end, start_after = end + 1, start_after + 1
        # Bytes beyond a quotation mark do not belong to a partial match: in JSON, the mark ends the string.
        if end_before and (mark := small.rfind(b'"', begin, place)) >= 0:
            begin = mark + 1
        if start_after < len(form) and (mark := small.find(b'"', place + BLOCK, end)) >= 0:
            end = mark
        if end - begin >= min(PART, len(form)):
            yield begin, end
        at = form.find(block, at + 1)


def _merged(regions: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    ordered = sorted(regions)
    if not ordered:
        return
    begin, end = ordered[0]
    for start, stop in ordered[1:]:
        if start > end:
            yield begin, end
            begin, end = start, stop
        end = max(end, stop)
    yield begin, end


def _without(data: bytes, small: bytes, regions: list[tuple[int, int]]) -> bytes:
    parts, at = [], 0
    for begin, end in regions:
        if cut := _CUT.search(small, max(at, begin - REACH), begin):
            begin = cut.start(1)  # its other bytes are removed too
        if end < len(small) and (cut := _CUT.search(small, max(begin, end - REACH), end)):
            end = cut.start(1)  # the sequence continues after the match, so it is kept whole
        parts += [data[at:begin], HIDDEN]
        at = max(at, end)
    return b"".join([*parts, data[at:]])


REGISTER = Register()


_learns: ContextVar[bool] = ContextVar("learns", default=True)


def remember(value: str) -> None:
    """Register a secret of this run. From now on, ``hide`` removes it in all of its forms."""
    if _learns.get():
        REGISTER.remember(value)


@contextmanager
def nothing_learned() -> Iterator[None]:
    """Register no secrets while the context is active: the placeholders in a scrubbed recording are not secrets."""
    token = _learns.set(False)
    try:
        yield
    finally:
        _learns.reset(token)


def hide_bytes(data: bytes) -> bytes:
    """Return a UTF-8 text without the known secrets. JSON stays valid."""
    return REGISTER.hide(data)


def hide(text: str) -> str:
    """Return the text without the known secrets."""
    data = text.encode("utf-8", "surrogatepass")
    hidden = REGISTER.hide(data)
    return text if hidden is data else hidden.decode("utf-8", "replace")
