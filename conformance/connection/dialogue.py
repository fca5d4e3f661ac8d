"""Questions at the terminal, repeated until the answer is valid."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from conformance.connection.values import secret
from conformance.errors import UsageError
from conformance.redaction import say

TRIES = 5
"""Refused answers to one question before giving up."""

Check = Callable[[str], str | None]
"""Returns why an answer is impossible; None for a possible answer."""


class InterviewError(UsageError):
    """No connection file was created. The message is the reason, one line for the user."""


def on_terminal() -> bool:
    """Return whether the user is at a terminal; then values with a default are asked for too."""
    return sys.stdin.isatty()


def answer(name: str, where: str, check: Check, default: str | None = None, label: str = "") -> str:
    """Return the answer to a question; an empty answer means ``default``, if given.

    ``label`` is printed instead of the default's value. Raises :class:`InterviewError` if no valid answer is given.
    """
    hint = "" if default is None else f" [{label or default}]"
    say(f"{name} ({where}){hint}: ", end="")
    for _ in range(TRIES):
        line = sys.stdin.readline()
        if not line:
            raise InterviewError(f"{name}: no answer, nothing written")
        value = line.strip()
        if not value and default is not None:
            return default
        problem = check(value)
        if problem is None:
            return value
        say(f"  {problem}\n{name}{hint}: ", end="")
    raise InterviewError(f"{name}: no answer that can be right, nothing written")


def choice(name: str, where: str, words: tuple[str, ...], default: str) -> str:
    """Ask for one of ``words`` and return it."""
    from conformance.toml_file.document import did_you_mean

    def check(word: str) -> str | None:
        return None if word in words else f"{name}: one of {', '.join(words)}{did_you_mean(word, words)}"

    return answer(name, where, check, default)


def hidden(key: str, prompt: str, check: Check, *, needed: bool = True) -> str:
    """Return a secret for a key, read without echo; an empty text if it is optional and not given.

    Raises :class:`InterviewError` if no valid answer is given.
    """
    for _ in range(TRIES):
        text = getpass.getpass(prompt) if on_terminal() else sys.stdin.readline().rstrip("\r\n")
        if not text and not needed:
            return ""
        problem = check(text)
        if problem is None:
            return text
        if not text:
            break
        say(f"  {problem}")
    raise InterviewError(f"{key}: no answer that can be right, nothing written")


def client_secret(text: str) -> str | None:
    """Return the reason why a text cannot be a client secret, without showing it; None if it can."""
    problem = secret(text)
    return None if problem is None else f"found {problem[1]}, expected {problem[2]}"
