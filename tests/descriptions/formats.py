"""The formats named by the descriptions, as the services write them."""

from __future__ import annotations

import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from jsonschema import FormatChecker

FORMATS = FormatChecker(formats=())
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,7})?")


def moment(text: str) -> bool:
    """Return whether a text is ISO 8601 in UTC with ``Z``, zero to seven fraction digits, and a day of the calendar."""
    return text.endswith("Z") and _moment(text[:-1])


def _moment(text: str) -> bool:
    match = MOMENT.fullmatch(text)
    return match is not None and bool(datetime.fromisoformat(match[1]))


def _guid(text: str) -> bool:
    return str(UUID(text)) == text.lower()


def _uri(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme == "https" and bool(parts.hostname)


def _json(text: str) -> bool:
    json.loads(text)
    return True


def _add(name: str, holds: Any) -> None:
    FORMATS.checks(name, raises=ValueError)(lambda value: not isinstance(value, str) or holds(value))


_add("date-time", moment)
_add("date-time-without-zone", _moment)
_add("uuid", _guid)
_add("uri", _uri)
_add("json", _json)
_add("http-date", lambda text: text.endswith(" GMT") and parsedate_to_datetime(text).tzinfo is not None)
