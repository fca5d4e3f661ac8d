"""Secrets in the environment: passwords of proxies, and tokens of a CI job."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote

from conformance.redaction.register import remember

_CREDENTIALS = re.compile(r"(?:://|^[\"'\s]*)(?P<user>[^:/@\s]*):(?P<password>.*)@", re.DOTALL)
"""The user name and password in an address, which may be malformed: they end at its last ``@``."""
TOKENS = (
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "SYSTEM_ACCESSTOKEN",
    "GITHUB_TOKEN",
    "CI_JOB_TOKEN",
)


def remember_environment(environ: Mapping[str, str] | None = None) -> None:
    """Register the passwords in ``*_PROXY`` variables and the tokens of a CI job as secrets."""
    for name, value in (os.environ if environ is None else environ).items():
        if name.upper() in TOKENS:
            remember(value)
        elif name.upper().endswith("_PROXY") and (match := _CREDENTIALS.search(value)):
            for part in {match["password"], unquote(match["password"])}:
                remember(part)
            remember(f"{match['user']}:{match['password']}")
            remember(f"{unquote(match['user'])}:{unquote(match['password'])}")
