"""A connection file made from a pasted resource id or portal URL and from answers at the terminal."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from conformance.connection.correction import correction
from conformance.connection.form import places
from conformance.connection.values import RULES, Problem, can_be_right, secret
from conformance.errors import UsageError
from conformance.files.regular import create_private
from conformance.redaction import say

TRIES = 5
"""Answers to one question that are refused before giving up."""
FILE = """\
[connection]
name = "{name}"
tenant_id = "{tenant_id}"
client_id = "{client_id}"
client_secret = "file:{secret}"
subscription_id = "{subscription_id}"
resource_group = "{resource_group}"
workspace_id = "{workspace_id}"
workspace_name = "{workspace_name}"
# profile = "airmdr"  # what the connection is for: --sentinel-list-profiles shows others
"""


class InterviewError(UsageError):
    """Why no connection file was made. The message is one line for the user."""


def interview(defaults: Mapping[str, str], folder: Path) -> tuple[Path, Path]:
    """Ask for the values missing in ``defaults``, write ``<workspace>.toml`` and ``<workspace>.secret``, and return
    both paths.

    The secret is read without echo. Raises :class:`InterviewError` where an answer is missing, and where a file exists
    or cannot be written; nothing is written then.
    """
    values = {key: value for key, value in defaults.items() if can_be_right(key, value)}
    for key in RULES:
        values[key] = values.get(key) or _answer(key, values)
    text = _secret()
    stem = values["workspace_name"]
    file, secret_file = folder / f"{stem}.toml", folder / f"{stem}.secret"
    for path in (file, secret_file):
        if os.path.lexists(path):
            raise InterviewError(f"{path.name}: exists already, nothing written")
    _create(secret_file, text)
    _create(file, FILE.format(name=stem, secret=secret_file.name, **values))
    return file, secret_file


def _answer(key: str, values: Mapping[str, str]) -> str:
    where = next(place.portal for place in places() if key in place.keys)
    say(f"{key} ({where}): ", end="")
    for _ in range(TRIES):
        line = sys.stdin.readline()
        if not line:
            raise InterviewError(f"{key}: no answer, nothing written")
        value = line.strip()
        verdict = RULES[key](value, values)
        if verdict is None:
            return value
        problem = Problem(key, *verdict, correction(key, value, values, can_be_right))
        say(f"  {problem.text}\n{key}: ", end="")
    raise InterviewError(f"{key}: no answer that can be right, nothing written")


def _secret() -> str:
    prompt = "client secret, its Value (not shown): "
    for _ in range(TRIES):
        text = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        problem = secret(text)
        if problem is None:
            return text
        if not text:
            break
        say(f"  found {problem[1]}, expected {problem[2]}")
    raise InterviewError("client_secret: no answer that can be right, nothing written")


def _create(path: Path, text: str) -> None:
    """Create a file that only its owner may read; a link in its place is not followed."""
    try:
        create_private(path, text.encode())
    except OSError as error:
        raise InterviewError(f"{path.name}: cannot be written: {error.strerror}") from None
