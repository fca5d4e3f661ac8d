"""The journal of a run: one line of JSON per connection, written as soon as its verdict is known."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from conformance.errors import UsageError
from conformance.files.regular import FileError, open_file, size
from conformance.redaction import clean
from conformance.report.atomic_write import atomic_write
from conformance.report.entry import Entry
from conformance.results.packed_lines import PackedLines

FILE = "connections.jsonl"
LONGEST = 64 * 1024 * 1024
"""The maximum length of a line in bytes."""
S = TypeVar("S", bound=msgspec.Struct)


class JournalError(UsageError):
    """The file is not a journal. The message is one line for the user."""


class Journal:
    """The entries of a run in a file, or compressed in memory without a file.

    Each process that writes at the same time has its own file; ``of`` returns the journal of another process, in the
    same folder.

    If the file cannot be written, entries are kept in memory and ``problem`` is the reason. An incomplete line, left by
    a killed run, is ignored.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path, self._in_memory, self._read = path, PackedLines(), 0
        self.problem: OSError | None = None

    def of(self, process: str) -> Journal:
        """Return the journal of another process of the same run."""
        assert self.path
        return Journal(self.path.with_name(f"{self.path.name}.{process}.part"))

    @classmethod
    def of_lines(cls, lines: Iterable[bytes]) -> Journal:
        """Return a journal in memory with the entries that another journal could not write (:attr:`unwritten`)."""
        journal = cls()
        journal._keep(map(zlib.decompress, lines))
        return journal

    @property
    def unwritten(self) -> list[bytes]:
        """Return the entries that are only in memory, each compressed by itself, for :meth:`of_lines`."""
        return [zlib.compress(line, 1) for line in self._in_memory]

    def others(self) -> list[Journal]:
        """Return the journals of other processes, of this run or of a killed one."""
        paths = self.path.parent.glob(f"{self.path.name}.*.part") if self.path else ()
        return [Journal(path) for path in sorted(paths)]

    def finished(self, fingerprints: Mapping[str, str]) -> dict[str, datetime]:
        """Return the connections (name: fingerprint) that are finished, with the start of the run that finished them.

        Raises :class:`JournalError`.
        """
        return {entry.name: entry.started for _, entry in self._finished(fingerprints)}

    def start(self, fingerprints: Mapping[str, str] | None = None) -> None:
        """Start the journal again; keep only the finished entries of these connections (name: fingerprint), none by
        default.

        Raises :class:`JournalError`.
        """
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(self.path, self._lines_of(fingerprints))
            self.drop_others()
        except OSError as error:
            self._keep(self._lines_of(fingerprints))
            self.path, self.problem = None, error

    def drop_others(self) -> None:
        """Remove the files of other processes, once their entries are in this journal. Raises ``OSError``."""
        for other in self.others():
            if other.path:
                other.path.unlink(missing_ok=True)

    def add(self, entry: Entry) -> None:
        """Write an entry at once."""
        if self.path is not None and self.problem is None:  # nothing is appended to an incomplete line
            try:
                with open(self.path, "ab") as file:
                    file.write(_line(entry))
                return
            except OSError as error:
                self.problem = error
        self._keep([_line(entry)])

    def _keep(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self._in_memory.add(line)

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, in the order in which they were finished. Raises :class:`JournalError`."""
        for line in self._lines():
            yield self._decoded(line, Entry)

    def fresh(self) -> Iterator[Entry]:
        """Yield the entries that another process has written here since the last call."""
        for line in self._lines(self._read):
            self._read += len(line)
            yield self._decoded(line, Entry)

    def in_order(self, key: Callable[[str], Any]) -> Iterator[Entry]:
        """Yield all entries, sorted by a key of their names, without holding all in memory.

        Each name comes once: an interrupted run may have written an entry twice.
        """
        positions: dict[str, tuple[Any, int, int]] = {}
        at = number = 0
        for number, line in enumerate(self._lines(), 1):
            name = self._decoded(line, _EntryName).name
            positions.setdefault(name, (key(name), number, at))
            at += len(line)
        in_file = number - len(self._in_memory)
        with ExitStack() as stack:
            file = stack.enter_context(open(self.path, "rb")) if self.path and self.path.exists() else None
            for _, number, place in sorted(positions.values()):
                if file and number <= in_file:
                    file.seek(place)
                    line = file.readline()
                else:
                    line = self._in_memory[number - in_file - 1]
                yield self._decoded(line, Entry)

    def _lines_of(self, fingerprints: Mapping[str, str] | None) -> Iterator[bytes]:
        return (line for line, _ in self._finished(fingerprints)) if fingerprints else iter(())

    def _finished(self, fingerprints: Mapping[str, str]) -> Iterator[tuple[bytes, Entry]]:
        """Yield one line and entry for each of these connections, even if several journals contain it."""
        names = set[str]()
        for journal in (self, *self.others()):
            for number, line in enumerate(journal._lines(), 1):
                entry = journal._whole(line, number)
                if fingerprints.get(entry.name) == entry.fingerprint and entry.name not in names:
                    names.add(entry.name)
                    yield line, entry

    def _lines(self, start: int = 0) -> Iterator[bytes]:
        if self.path is not None and self.path.exists():
            try:
                with open_file(self.path) as lines:
                    lines.seek(start)
                    while (line := lines.readline(LONGEST + 1)).endswith(b"\n"):
                        yield line
                    if len(line) > LONGEST:
                        raise JournalError(
                            f"{self.path}: no journal to go on from: a line of more than {size(LONGEST)}"
                        )
            except OSError as error:
                raise JournalError(f"{self.path}: no journal to go on from: {error.strerror}") from None
            except FileError as error:
                raise JournalError(f"{self.path}: no journal to go on from: it {error}") from None
        yield from self._in_memory

    def _whole(self, line: bytes, number: int) -> Entry:
        """Return the entry of a line after decoding all of it. Raises :class:`JournalError`, which states the line's
        number.
        """
        try:
            entry = msgspec.json.decode(line, type=Entry)
            _ = entry.part
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            reason = f"line {number} is damaged: {clean(str(error))}; without it, its connection is verified again"
            raise JournalError(f"{self.path}: no journal to go on from: {reason}") from None
        return entry

    def _decoded(self, line: bytes, form: type[S]) -> S:
        try:
            return msgspec.json.decode(line, type=form)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise JournalError(f"{self.path}: no journal to go on from: {error}") from None


class _EntryName(msgspec.Struct):
    name: str


def _line(entry: Entry) -> bytes:
    return msgspec.json.encode(entry) + b"\n"
