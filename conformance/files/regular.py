"""Files that are read up to a size limit, and files that only their owner may read."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class FileError(Exception):
    """The path is not a readable file. The message is the reason, without the path."""


def open_file(path: Path | str) -> IO[bytes]:
    """Return a regular file, opened for reading. Links are followed. Raises :class:`FileError`.

    Never blocks, neither on a pipe without a writer nor on a device.
    """
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            mode = os.fstat(number).st_mode
        except OSError:
            os.close(number)
            raise
    except OSError as error:
        raise FileError(_unreadable(path, error)) from None
    except ValueError:
        raise FileError("is no path") from None
    if not stat.S_ISREG(mode):
        os.close(number)
        raise FileError(f"is {_kind(mode)}, no file")
    return os.fdopen(number, "rb")


def read_file(path: Path | str, largest: int) -> bytes:
    """Return the content of a regular file of at most ``largest`` bytes. It never loads more into memory.

    Raises :class:`FileError`.
    """
    with open_file(path) as file:
        try:
            content = file.read(largest + 1)
        except OSError as error:
            raise FileError(f"cannot be read: {error.strerror}") from None
    if len(content) > largest:
        raise FileError(f"is larger than {size(largest)}")
    return content


def size(number: int) -> str:
    """Return a number of bytes as text: ``64 kB``, ``32 MB``."""
    return f"{number >> 20} MB" if number >= 1 << 20 else f"{number >> 10} kB" if number >= 1 << 10 else f"{number} B"


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read (mode 600). An existing file is replaced, and a link is not followed.

    Raises ``OSError``.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        create_private(part, content)
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def create_private(path: Path, content: bytes) -> None:
    """Create a file that only its owner may read (mode 600). Raises ``OSError``, also if it already exists."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(content)


def _kind(mode: int) -> str:
    return next((name for matches, name in KINDS if matches(mode)), "something else")


def _unreadable(path: Path | str, error: OSError) -> str:
    """Return the reason why a path cannot be opened. Folders and sockets, which can never be opened, are named as
    such.
    """
    with contextlib.suppress(OSError, ValueError):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            return f"is {_kind(mode)}, no file"
    return f"cannot be read: {error.strerror}"
