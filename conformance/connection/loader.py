"""Connection files: strict TOML. All problems are reported, with file, line, key, found and expected value."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from conformance.connection.connection_keys import read_connection
from conformance.connection.connection_table import KEYS, TEXTS, ConnectionFile, ConnectionTable
from conformance.connection.contradiction import contradictions
from conformance.connection.form import help_for, help_for_variables
from conformance.connection.model import Connection
from conformance.connection.repair import repair
from conformance.errors import UsageError
from conformance.redaction import clean, describe
from conformance.toml_file.document import did_you_mean, kind
from conformance.toml_file.positions import Table, tables

MAX_CORRECTIONS = 3
"""If more keys are wrong, only those without a suggested correction are explained."""
MAX_REPAIRS = 20
"""Maximum number of lines that are left out because no parser can read them."""


class ConnectionFileError(UsageError):
    """The connection files cannot be used.

    ``problems`` are all problems, one line each, in the order of files and lines. The text of the error has these
    lines, then the owner of each key, the places of the values in a portal, and the commands that print them.
    """

    def __init__(self, problems: Sequence[str], advice: Sequence[str] = ()) -> None:
        super().__init__("\n".join([*problems, *advice]))
        self.problems = tuple(problems)


def load(
    paths: Sequence[str | Path] | str | Path,
    *,
    environ: Mapping[str, str] | None = None,
    credentials: bool = True,
) -> tuple[Connection, ...]:
    """Return the connections of files, globs and folders (all ``*.toml`` below, except hidden files), in that order.

    ``credentials=False`` does not read secrets, for sources that need none. Raises :class:`ConnectionFileError` with
    all problems of all files; nothing is sent. ``environ`` replaces ``os.environ`` for ``env:NAME`` references.

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
    """Return the connections of :func:`load`, by file. Raises :class:`ConnectionFileError`."""
    path_list = [paths] if isinstance(paths, str | Path) else list(paths)
    wrong: list[str] = []
    files = [
        _read(path, os.environ if environ is None else environ, credentials)
        for path in dict.fromkeys(files_of(path_list, wrong))
    ]
    wrong += [text for file in files for text in file.problems]
    origins: dict[str, str] = {}
    for file in files:
        for connection, line in file.connections:
            here = f"{file.path}:{line}"
            if connection.name in origins:
                name, there = describe(connection.name), origins[connection.name]
                wrong.append(f"{here}: name: {name} is also the name of the connection at {there}")
            origins.setdefault(connection.name, here)
    wrong += contradictions(
        [(connection, f"{file.path}:{line}") for file in files for connection, line in file.connections]
    )
    if wrong:
        corrections = {key: corrected for file in files for key, corrected in file.keys.items()}
        keys = [key for key, corrected in corrections.items() if not corrected or len(corrections) <= MAX_CORRECTIONS]
        values = {key: value for file in files for key, value in file.values.items() if key not in file.keys}
        variables = dict.fromkeys(name for file in files for name in file.variables)
        advice = [*help_for(keys, values if len(files) == 1 else {}), *help_for_variables(variables)]
        advice[:1] = [f"Nothing was sent. {line}" for line in advice[:1]]
        raise ConnectionFileError([*map(clean, wrong)], advice)
    return {file.path: tuple(connection for connection, _ in file.connections) for file in files}


def files_of(path_list: Iterable[str | Path], wrong: list[str]) -> Iterable[Path]:
    """Yield the files of a list of files, globs and folders; add a line to ``wrong`` for each unusable path."""
    for name in map(str, path_list):
        path = Path(name)
        try:
            if path.is_dir():
                inside = sorted(file for file in path.rglob("*.toml") if not _hidden(file.relative_to(path)))
                if not inside:
                    wrong.append(f"{name}: no *.toml file in this folder")
                yield from inside
            elif path.exists() or not glob.has_magic(name):
                yield path
            else:
                matching = sorted(glob.glob(name, recursive=True))
                if not matching:
                    wrong.append(f"{name}: no file matches")
                yield from map(Path, matching)
        except (OSError, ValueError) as error:
            wrong.append(f"{name[:200]!r}: no usable path: {error}")


def _hidden(path: Path) -> bool:
    """Return whether the name of the path or of a parent folder begins with a dot, as in volumes mounted by
    Kubernetes.
    """
    return any(part.startswith(".") for part in path.parts)


def _read(path: Path, environ: Mapping[str, str], credentials: bool) -> ConnectionFile:
    file = ConnectionFile(path, environ=environ, credentials=credentials)
    text = file.text()
    if text is None:
        return file
    file.lines = text.split("\n")
    repaired, mistakes = repair(text, TEXTS)
    for mistake in mistakes:
        if mistake.key:
            file.keys[mistake.key] = True
        file.add_problem(mistake.text, mistake.line)
    document = file.decode(repaired)
    for _ in range(MAX_REPAIRS):
        line = file.wrong[-1][0] if document is None else 0
        if not line:
            break
        # Lines that the parser cannot read are skipped, so that it reports the next one.
        rows = repaired.split("\n")
        rows[line - 1 : line] = [""]
        repaired = "\n".join(rows)
        document = file.decode(repaired)
    if document is not None:
        _document(file, document, tables(repaired))
    for entry, problem in file.secrets if file.wrong else ():
        entry.add_problem(problem.key, f"{problem.text} [{problem.cause}]")
    return file


def _document(file: ConnectionFile, document: Mapping[str, Any], sections: Sequence[Table]) -> None:
    bare = [key for key in document if key in KEYS]
    if bare and "connection" not in document:
        file.add_problem("a line [connection] is missing above this one", sections[0].keys.get(bare[0]))
        nested = {section.path: section for section in sections[1:]}
        read_connection(ConnectionTable(file, document, sections[0], nested), many=False)
        return
    starts = [index for index, table in enumerate(sections) if table.path == "connection"]
    for key in document:
        if key != "connection":
            line = sections[0].keys.get(key) or next(
                (section.line for section in sections if section.path.split(".")[0] == key), 1
            )
            if isinstance(document[key], dict) and key in KEYS:
                file.add_problem(f"table [{key}]: found outside of the connection, expected [connection.{key}]", line)
                continue
            hint = did_you_mean(key, ("connection", *KEYS))
            file.add_problem(f"unknown key {describe(key)}{hint}; a connection is a table [connection]", line)
    rows = document.get("connection")
    if rows is None:
        file.add_problem("no table [connection]; --sentinel-init=FILE writes a file to start from")
        return
    many = isinstance(rows, list)
    rows = rows if many else [rows]
    for number, row in enumerate(rows):
        at = starts[number] if number < len(starts) else None
        table = sections[at] if at is not None else None
        end = starts[number + 1] if number + 1 < len(starts) else len(sections)
        below = sections[at + 1 : end] if at is not None else sections
        nested = {
            section.path.removeprefix("connection."): section
            for section in below
            if section.path.startswith("connection.")
        }
        if not isinstance(row, dict):
            file.add_problem(f"connection: found {kind(row)}, expected a table", table.line if table else 1)
            continue
        read_connection(ConnectionTable(file, row, table, nested), many)
