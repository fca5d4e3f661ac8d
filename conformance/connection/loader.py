"""Connection files: strict TOML. All problems are reported, with file, line, key, found and expected value."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from conformance.connection.clouds import CLOUDS
from conformance.connection.contradiction import contradictions
from conformance.connection.credential import Certificate, ClientSecret, Credential, FederatedToken, github_token
from conformance.connection.duration import DurationError, duration
from conformance.connection.form import help_for, help_for_variables
from conformance.connection.model import USABLE, Connection, Expect
from conformance.connection.repair import repair
from conformance.connection.secret import Secret, SecretError, read, resolve
from conformance.connection.values import Problem, malformed_values, secret
from conformance.errors import UsageError
from conformance.redaction import clean, describe, hide, remember, shape_of
from conformance.toml_file.document import TomlDocument, day, did_you_mean, kind, repr_short
from conformance.toml_file.positions import Table, line_of, tables

IDS = ("tenant_id", "client_id", "subscription_id", "resource_group", "workspace_id", "workspace_name")
CREDENTIALS = ("client_secret", "certificate", "federated_token")
KEYS = ("name", *IDS, *CREDENTIALS, "certificate_password", "cloud", "apis", "secret_expires", "expect")
MAX_CORRECTIONS = 3
"""With more wrong keys than this, only keys without a suggested correction are explained."""
MAX_REPAIRS = 20
"""The largest number of lines that are left out because no parser can read them."""
OPTIONAL = ("certificate", "federated_token")
"""Credentials that the template has in comments."""
VARIABLE = re.compile(r"env:(?P<name>[A-Za-z_]\w*)")
"""A reference to an environment variable, with a name that a shell takes."""
EXPECT = tuple(one.name for one in fields(Expect))


class ConnectionFileError(UsageError):
    """Connection files that cannot be used.

    ``problems`` are all that is wrong, one line each, in the order of files and lines. The text of the error has them,
    and after them who corrects what, where a portal shows the values, and the commands that show them.
    """

    def __init__(self, problems: Sequence[str], advice: Sequence[str] = ()) -> None:
        super().__init__("\n".join([*problems, *advice]))
        self.problems = tuple(problems)


@dataclass
class _File(TomlDocument):
    """A connection file that is being read, and the connections found in it."""

    environ: Mapping[str, str] = field(default_factory=dict)
    credentials: bool = True
    connections: list[tuple[Connection, int]] = field(default_factory=list)
    keys: dict[str, bool] = field(default_factory=dict)
    """The keys that something is wrong with, and whether what was meant is told."""
    values: dict[str, str] = field(default_factory=dict)
    """Values that can be right, of keys that nothing is wrong with."""
    variables: list[str] = field(default_factory=list)
    """Environment variables that the file refers to, and that are not set."""
    secrets: list[tuple[_Entry, Problem]] = field(default_factory=list)
    """What is wrong with secrets: told if something else is, else left to the checks, so that a fleet is verified."""
    lines: Sequence[str] = ()
    """As the file has them."""


@dataclass
class _Entry:
    """One ``[connection]`` table: its values, and their lines."""

    file: _File
    row: Mapping[str, Any]
    table: Table | None
    nested: Mapping[str, Table]

    def line(self, key: str) -> int:
        return line_of(self.table, key, self.nested)

    def tell(self, key: str, text: str, *, corrected: bool = False) -> None:
        self.file.keys[key] = corrected
        self.file.tell(text, self.line(key))

    def found(self, key: str, value: object, expected: str) -> None:
        self.tell(key, f"{key}: found {_shown(key, value)}, expected {expected}")


def load(
    paths: Sequence[str | Path] | str | Path,
    *,
    environ: Mapping[str, str] | None = None,
    credentials: bool = True,
) -> tuple[Connection, ...]:
    """Return the connections of files, globs and folders (all ``*.toml`` below, hidden ones aside), in that order.

    ``credentials=False`` leaves secrets unresolved, for sources that need none. Raises :class:`ConnectionFileError`
    with all problems of all files; nothing is sent. ``environ`` replaces ``os.environ`` for ``env:NAME`` references.

        for connection in load("connections/*.toml"):
            print(connection.name)
    """
    files = load_files(paths, environ=environ, credentials=credentials)
    return tuple(chain.from_iterable(files.values()))


def load_files(
    paths: Sequence[str | Path] | str | Path,
    *,
    environ: Mapping[str, str] | None = None,
    credentials: bool = True,
) -> dict[Path, tuple[Connection, ...]]:
    """Return the same as :func:`load`, by the file that holds the connections."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    wrong: list[str] = []
    files = [
        _read(path, os.environ if environ is None else environ, credentials)
        for path in dict.fromkeys(_found(given, wrong))
    ]
    wrong += [text for file in files for text in file.problems]
    seen: dict[str, str] = {}
    for file in files:
        for connection, line in file.connections:
            here = f"{file.path}:{line}"
            if connection.name in seen:
                name, there = describe(connection.name), seen[connection.name]
                wrong.append(f"{here}: name: {name} is also the name of the connection at {there}")
            seen.setdefault(connection.name, here)
    wrong += contradictions(
        [(connection, f"{file.path}:{line}") for file in files for connection, line in file.connections]
    )
    if wrong:
        corrections = {key: corrected for file in files for key, corrected in file.keys.items()}
        keys = [key for key, corrected in corrections.items() if not corrected or len(corrections) <= MAX_CORRECTIONS]
        values = {key: value for file in files for key, value in file.values.items() if key not in file.keys}
        variables = dict.fromkeys(name for file in files for name in file.variables)
        advice = [*help_for(keys, values if len(files) == 1 else {}), *help_for_variables(variables)]
        raise ConnectionFileError([*map(clean, wrong)], advice)
    return {file.path: tuple(connection for connection, _ in file.connections) for file in files}


def _found(given: Iterable[str | Path], wrong: list[str]) -> Iterable[Path]:
    for one in map(str, given):
        path = Path(one)
        try:
            if path.is_dir():
                inside = sorted(one for one in path.rglob("*.toml") if not _hidden(one.relative_to(path)))
                if not inside:
                    wrong.append(f"{one}: no *.toml file in this folder")
                yield from inside
            elif path.exists() or not glob.has_magic(one):
                yield path
            else:
                matching = sorted(glob.glob(one, recursive=True))
                if not matching:
                    wrong.append(f"{one}: no file matches")
                yield from map(Path, matching)
        except (OSError, ValueError) as error:
            wrong.append(f"{one[:200]!r}: no usable path: {error}")


def _hidden(path: Path) -> bool:
    """Return whether the name of the path or of a folder above it begins with a dot, as in volumes that Kubernetes
    mounts.
    """
    return any(part.startswith(".") for part in path.parts)


def _read(path: Path, environ: Mapping[str, str], credentials: bool) -> _File:
    file = _File(path, environ=environ, credentials=credentials)
    text = file.text()
    if text is None:
        return file
    file.lines = text.split("\n")
    repaired, mistakes = repair(text, (*IDS, *CREDENTIALS, "certificate_password", "name"))
    for mistake in mistakes:
        if mistake.key:
            file.keys[mistake.key] = True
        file.tell(mistake.text, mistake.line)
    document = file.decode(repaired)
    for _ in range(MAX_REPAIRS):
        line = file.wrong[-1][0] if document is None else 0
        if not line:
            break
        # What the parser cannot read is left out, so that it tells the next one.
        rows = repaired.split("\n")
        rows[line - 1 : line] = [""]
        repaired = "\n".join(rows)
        document = file.decode(repaired)
    if document is not None:
        _document(file, document, tables(repaired))
    for entry, problem in file.secrets if file.wrong else ():
        entry.tell(problem.key, f"{problem.text} [{problem.cause}]")
    return file


def _document(file: _File, document: Mapping[str, Any], written: Sequence[Table]) -> None:
    bare = [key for key in document if key in KEYS]
    if bare and "connection" not in document:
        file.tell("a line [connection] is missing above this one", written[0].keys.get(bare[0]))
        nested = {one.path: one for one in written[1:]}
        _connection(_Entry(file, document, written[0], nested), many=False)
        return
    starts = [index for index, table in enumerate(written) if table.path == "connection"]
    for key in document:
        if key != "connection":
            line = written[0].keys.get(key) or next((one.line for one in written if one.path.split(".")[0] == key), 1)
            hint = did_you_mean(key, ("connection", *KEYS))
            file.tell(f"unknown key {describe(key)}{hint}; a connection is a table [connection]", line)
    rows = document.get("connection")
    if rows is None:
        file.tell("no table [connection]; --sentinel-init=FILE writes a file to start from")
        return
    many = isinstance(rows, list)
    rows = rows if many else [rows]
    for number, row in enumerate(rows):
        at = starts[number] if number < len(starts) else None
        table = written[at] if at is not None else None
        end = starts[number + 1] if number + 1 < len(starts) else len(written)
        below = written[at + 1 : end] if at is not None else written
        nested = {one.path.removeprefix("connection."): one for one in below if one.path.startswith("connection.")}
        if not isinstance(row, dict):
            file.tell(f"connection: found {kind(row)}, expected a table", table.line if table else 1)
            continue
        _connection(_Entry(file, row, table, nested), many)


def _connection(entry: _Entry, many: bool) -> None:
    """Read one table, and add its connection if it has no problem."""
    before = len(entry.file.wrong)
    for key in entry.row:
        if key not in KEYS:
            entry.tell(key, f"unknown key {describe(key)}{did_you_mean(key, KEYS)}")
    values: dict[str, Any] = {key: _string(entry, key) for key in IDS}
    name = _name(entry, required=many)
    credential = _credential(entry)
    cloud = _choice(entry, "cloud", "public", tuple(CLOUDS))
    apis = _apis(entry)
    expires = _date(entry, "secret_expires")
    expect = _expect(entry)
    given = {key: value for key, value in values.items() if value.strip()}
    entry.file.secrets += [(entry, problem) for problem in (_secret(credential) if credential else ())]
    for problem in malformed_values(given):
        entry.tell(problem.key, f"{problem.text} [{problem.cause}]", corrected=problem.correction is not None)
    entry.file.values |= given
    if len(entry.file.wrong) > before or credential is None:
        return
    connection = Connection(
        name, **values, credential=credential, cloud=cloud, apis=apis, secret_expires=expires, expect=expect
    )
    entry.file.connections.append((connection, entry.line("name")))


def _name(entry: _Entry, *, required: bool) -> str:
    """Return the connection's name, by default that of its file. It is part of every output."""
    name = _string(entry, "name", required=required) or entry.file.path.stem
    if shape_of(name) or hide(name) != name:
        entry.found("name", name, "a name that may be shown")
    elif clean(name) != name or "\n" in name:
        entry.found("name", name, "a text without control characters and without commands of CI systems")
    return name


def _string(entry: _Entry, key: str, *, required: bool = True) -> str:
    value = entry.row.get(key)
    if value is None:
        misspelt = difflib.get_close_matches(key, [one for one in entry.row if one not in KEYS], 1, 0.8)
        if required and not misspelt:
            entry.tell(key, f"missing key {key!r}{_comment_hint(entry, key)}")
        return ""
    if not isinstance(value, str):
        entry.found(key, value, "a text in quotes")
        return ""
    if not value.strip():
        entry.found(key, value, "a value")
    return value


def _comment_hint(entry: _Entry, key: str) -> str:
    """Return a hint to the line where a missing key is commented out, as optional keys are in the template; empty if
    there is none.
    """
    for number, line in enumerate(entry.file.lines, 1):
        if re.match(rf"\s*[#;/-]+\s*{key}\s*=\s*\S", line):
            return f"; it is commented out in line {number}"
    return ""


def _secret(credential: Credential) -> Iterator[Problem]:
    """Yield the problems of a client secret, which is described and never shown."""
    if isinstance(credential, ClientSecret) and (found := secret(credential.secret.reveal())):
        yield Problem("client_secret", *found)


def _choice(entry: _Entry, key: str, default: str, known: Sequence[str]) -> str:
    value = entry.row.get(key, default)
    if value not in known if isinstance(value, str) else True:
        entry.found(key, value, f"one of {', '.join(known)}{did_you_mean(value, known)}")
        return default
    return str(value)


def _apis(entry: _Entry) -> tuple[str, ...]:
    value = entry.row.get("apis", list(USABLE))
    if not isinstance(value, list) or not value:
        entry.found("apis", value, f"a list of {', '.join(USABLE)}")
        return USABLE
    for one in value:
        if one not in USABLE:
            entry.found("apis", one, f"one of {', '.join(USABLE)}{did_you_mean(one, USABLE)}")
    return tuple(dict.fromkeys(one for one in value if one in USABLE))


def _date(entry: _Entry, key: str) -> date | None:
    value = entry.row.get(key)
    found = day(value)
    if value is not None and found is None:
        entry.found(key, value, "a date such as 2027-03-01")
    return found


def _expect(entry: _Entry) -> Expect:
    row = entry.row.get("expect", {})
    if not isinstance(row, dict):
        entry.found("expect", row, "a table")
        return Expect()
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key not in EXPECT:
            entry.tell(f"expect.{key}", f"unknown key {describe(key)}{did_you_mean(key, EXPECT)}")
        elif key.endswith("_days"):
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100_000:
                values[key] = value
            else:
                entry.found(f"expect.{key}", value, "a whole number of days")
        elif isinstance(value, str):
            try:
                values[key] = duration(value)
            except DurationError as error:
                entry.tell(f"expect.{key}", f"expect.{key}: {error}")
        else:
            entry.found(f"expect.{key}", value, "a duration such as 7d, 12h or 30m")
    return Expect(**values)


def _credential(entry: _Entry) -> Credential | None:
    given = [key for key in CREDENTIALS if key in entry.row]
    if not given:
        hints = [hint for key in CREDENTIALS if key not in OPTIONAL and (hint := _comment_hint(entry, key))]
        entry.tell("name", f"no credential: one of {', '.join(CREDENTIALS)} is needed{''.join(hints)}")
        entry.file.keys["client_secret"] = False
        return None
    if len(given) > 1:
        entry.tell(given[1], f"two credentials: {' and '.join(given)}; one is needed")
        return None
    key = given[0]
    if "certificate_password" in entry.row and key != "certificate":
        entry.tell("certificate_password", "certificate_password: there is no certificate that it could open")
    reference = entry.row[key]
    if not isinstance(reference, str) or not reference.strip():
        entry.found(key, reference, "env:NAME, file:PATH or the value")
        return None
    if not entry.file.credentials:
        if not reference.startswith(("env:", "file:")):
            remember(reference)
        return ClientSecret(Secret("not needed here", "none"))
    try:
        return _resolved(entry, key, reference)
    except SecretError as error:
        variable = VARIABLE.fullmatch(reference)
        if variable and not entry.file.environ.get(variable["name"]):
            entry.file.variables.append(variable["name"])
            entry.file.tell(f"{key}: {error}", entry.line(key))
        else:
            entry.tell(key, f"{key}: {error}")
        return None


def _resolved(entry: _Entry, key: str, reference: str) -> Credential:
    folder, environ = entry.file.path.parent, entry.file.environ
    if key == "client_secret":
        return ClientSecret(resolve(reference, folder, environ))
    if key == "federated_token":
        if reference == "github":
            return FederatedToken(github_token, "github")
        origin = resolve(reference, folder, environ).origin  # the token is read for each use: it lives for minutes
        return FederatedToken(lambda: resolve(reference, folder, environ).reveal().strip(), origin)
    password = entry.row.get("certificate_password")
    if password is not None and not isinstance(password, str):
        raise SecretError("certificate_password is no text in quotes")
    if reference.startswith("file:"):
        content = read(reference.removeprefix("file:"), folder)
    else:
        content = resolve(reference, folder, environ).reveal().encode()
    origin = reference if reference.startswith(("file:", "env:")) else "the certificate"
    certificate = Certificate(content, origin, resolve(password, folder, environ) if password else None)
    certificate.check()
    return certificate


def _shown(key: str, value: object) -> str:
    return kind(value) if key in (*CREDENTIALS, "certificate_password") else repr_short(value)
