"""The keys of a connection table, read into a connection."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from conformance.connection.clouds import CLOUDS
from conformance.connection.connection_table import IDS, KEYS, ConnectionTable, comment_hint
from conformance.connection.credential import ClientSecret, Credential
from conformance.connection.credential_keys import read_credential
from conformance.connection.duration import DurationError, duration
from conformance.connection.model import USABLE, Connection, Expect
from conformance.connection.values import Problem, malformed_values, secret
from conformance.redaction import clean, describe, hide, shape_of
from conformance.toml_file.document import day, did_you_mean

EXPECT = tuple(field.name for field in fields(Expect))


def read_connection(entry: ConnectionTable, many: bool) -> None:
    """Read one table, and add its connection if it has no problem."""
    before = len(entry.file.wrong)
    for key in entry.row:
        if key not in KEYS:
            entry.add_problem(key, f"unknown key {describe(key)}{did_you_mean(key, KEYS)}")
    values: dict[str, Any] = {key: _string(entry, key) for key in IDS}
    name = _name(entry, required=many)
    credential = read_credential(entry)
    cloud = _choice(entry, "cloud", "public", tuple(CLOUDS))
    apis = _apis(entry)
    expires = _date(entry, "secret_expires")
    expect = _expect(entry)
    given = {key: value for key, value in values.items() if value.strip()}
    entry.file.secrets += [(entry, problem) for problem in (_secret(credential) if credential else ())]
    for problem in malformed_values(given):
        entry.add_problem(problem.key, f"{problem.text} [{problem.cause}]", corrected=problem.correction is not None)
    entry.file.values |= given
    if len(entry.file.wrong) > before or credential is None:
        return
    connection = Connection(
        name, **values, credential=credential, cloud=cloud, apis=apis, secret_expires=expires, expect=expect
    )
    entry.file.connections.append((connection, entry.line("name")))


def _name(entry: ConnectionTable, *, required: bool) -> str:
    """Return the connection's name, by default that of its file. It is part of every output."""
    name = _string(entry, "name", required=required) or entry.file.path.stem
    if shape_of(name) or hide(name) != name:
        entry.found("name", name, "a name that may be shown")
    elif clean(name) != name or "\n" in name:
        entry.found("name", name, "a text without control characters and without commands of CI systems")
    return name


def _string(entry: ConnectionTable, key: str, *, required: bool = True) -> str:
    value = entry.row.get(key)
    if value is None:
        misspelt = difflib.get_close_matches(key, [one for one in entry.row if one not in KEYS], 1, 0.8)
        if required and not misspelt:
            entry.add_problem(key, f"missing key {key!r}{comment_hint(entry, key)}")
        return ""
    if not isinstance(value, str):
        entry.found(key, value, "a text in quotes")
        return ""
    if not value.strip():
        entry.found(key, value, "a value")
    return value


def _secret(credential: Credential) -> Iterator[Problem]:
    """Yield the problems of a client secret, which is described and never shown."""
    if isinstance(credential, ClientSecret) and (found := secret(credential.secret.reveal())):
        yield Problem("client_secret", *found)


def _choice(entry: ConnectionTable, key: str, default: str, known: Sequence[str]) -> str:
    value = entry.row.get(key, default)
    if value not in known if isinstance(value, str) else True:
        entry.found(key, value, f"one of {', '.join(known)}{did_you_mean(value, known)}")
        return default
    return str(value)


def _apis(entry: ConnectionTable) -> tuple[str, ...]:
    value = entry.row.get("apis", list(USABLE))
    if not isinstance(value, list) or not value:
        entry.found("apis", value, f"a list of {', '.join(USABLE)}")
        return USABLE
    for element in value:
        if element not in USABLE:
            entry.found("apis", element, f"one of {', '.join(USABLE)}{did_you_mean(element, USABLE)}")
    return tuple(dict.fromkeys(element for element in value if element in USABLE))


def _date(entry: ConnectionTable, key: str) -> date | None:
    value = entry.row.get(key)
    found = day(value)
    if value is not None and found is None:
        entry.found(key, value, "a date such as 2027-03-01")
    return found


def _expect(entry: ConnectionTable) -> Expect:
    row = entry.row.get("expect", {})
    if not isinstance(row, dict):
        entry.found("expect", row, "a table")
        return Expect()
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key not in EXPECT:
            entry.add_problem(f"expect.{key}", f"unknown key {describe(key)}{did_you_mean(key, EXPECT)}")
        elif key.endswith("_days"):
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100_000:
                values[key] = value
            else:
                entry.found(f"expect.{key}", value, "a whole number of days")
        elif isinstance(value, str):
            try:
                values[key] = duration(value)
            except DurationError as error:
                entry.add_problem(f"expect.{key}", f"expect.{key}: {error}")
        else:
            entry.found(f"expect.{key}", value, "a duration such as 7d, 12h or 30m")
    return Expect(**values)
