"""Secrets and their origin. Secrets are never printed."""

from __future__ import annotations

import hmac
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from conformance.errors import UsageError
from conformance.files.regular import FileError, read_file
from conformance.redaction import name_of, remember

VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
LARGEST = 64 * 1024
"""Maximum bytes of a secret's file."""


NOWHERE = "none"
"""The origin of a placeholder where no secret is needed."""


class SecretError(UsageError):
    """A reference without a secret. The message is the reason, and never contains a value."""


class Secret:
    """A text that only :meth:`reveal` returns. ``origin`` is ``inline``, ``env:NAME`` or ``file:PATH``.

    ``exposed``: every user of this machine can read its file.
    """

    __slots__ = ("_text", "exposed", "origin")

    def __init__(self, text: str, origin: str = "inline", *, exposed: bool = False) -> None:
        self._text, self.origin, self.exposed = text, origin, exposed
        if origin != NOWHERE:
            remember(text)

    def reveal(self) -> str:
        """Return the secret text. Use it only for the request that needs it."""
        if self.origin != NOWHERE:
            remember(self._text)  # register again: of very many secrets, only the last used ones are remembered
        return self._text

    def __repr__(self) -> str:
        return f"Secret({self.origin})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._text.encode(errors="surrogatepass"), other._text.encode(errors="surrogatepass")
        )

    def __hash__(self) -> int:
        return hash(self.origin)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled: pass its reference instead")


def resolve(reference: str, folder: Path, environ: Mapping[str, str]) -> Secret:
    """Return the secret behind ``env:NAME``, ``file:PATH`` (relative to ``folder``) or the value itself.

    Raises :class:`SecretError`.
    """
    kind, _, where = reference.partition(":")
    if kind == "env":
        if not VARIABLE.fullmatch(where):  # perhaps the secret itself: not printed
            raise SecretError("the text after env: is not the name of an environment variable")
        if not environ.get(where):
            raise SecretError(f"environment variable {name_of(where)} is {'empty' if where in environ else 'not set'}")
        return Secret(environ[where], reference)
    if kind == "file":
        path = folder / where
        return Secret(_text(read(where, folder)), f"file:{path}", exposed=bool(path.stat().st_mode & stat.S_IROTH))
    return Secret(reference)


def read(where: str, folder: Path) -> bytes:
    """Return the content of a secret's file. Raises :class:`SecretError` if it cannot be read."""
    path = folder / where
    try:
        return read_file(path, LARGEST)
    except FileError as error:
        raise SecretError(f"file {name_of(where)} {error}") from None


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SecretError("the file holds no text") from None
    if "\0" in text:
        raise SecretError("the file holds no text")
    return text.removesuffix("\n").removesuffix("\r")
