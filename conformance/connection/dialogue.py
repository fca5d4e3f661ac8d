"""Questions at the terminal: asked again while the answer cannot be right."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from conformance.connection.values import secret
from conformance.errors import UsageError
from conformance.redaction import say

TRIES = 5
"""Answers to one question that are refused before giving up."""

Check = Callable[[str], str | None]
"""Tells why an answer cannot be right; None for one that can."""


class InterviewError(UsageError):
    """Why no connection file was made. The message is one line for the user."""


def on_terminal() -> bool:
    """Return whether a person answers, who may be asked for what has a default too."""
    return sys.stdin.isatty()


def answer(name: str, where: str, check: Check, default: str | None = None, label: str = "") -> str:
    """Return the answer to a question; ``default`` where the answer is empty, if there is one.

    ``label`` is how the default is shown, if not as it is. Raises :class:`InterviewError` without an answer that can be
    right.
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
    """Return one of some words."""
    from conformance.toml_file.document import did_you_mean

    def check(word: str) -> str | None:
        return None if word in words else f"{name}: one of {', '.join(words)}{did_you_mean(word, words)}"

    return answer(name, where, check, default)


def hidden(key: str, prompt: str, check: Check, *, needed: bool = True) -> str:
    """Return a secret for a key, which is read without echo; empty where none is needed and none is given.

    Raises :class:`InterviewError` without one that can be right.
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
    """Return why a text is no client secret, without showing it; None if it can be one."""
    problem = secret(text)
    return None if problem is None else f"found {problem[1]}, expected {problem[2]}"
