"""One table of a connection file, as it is read: its file, its values, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.connection.model import Connection
from conformance.connection.values import Problem
from conformance.toml_file.document import TomlDocument, kind, repr_short
from conformance.toml_file.positions import Table, line_of

IDS = ("tenant_id", "client_id", "subscription_id", "resource_group", "workspace_id", "workspace_name")
CREDENTIALS = ("client_secret", "certificate", "federated_token")
KEYS = ("name", *IDS, *CREDENTIALS, "certificate_password", "cloud", "apis", "secret_expires", "expect")
OPTIONAL = ("certificate", "federated_token")
"""Credentials that the template has in comments."""


@dataclass
class ConnectionFile(TomlDocument):
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
    secrets: list[tuple[ConnectionTable, Problem]] = field(default_factory=list)
    """What is wrong with secrets: told if something else is, else left to the checks, so that a fleet is verified."""
    lines: Sequence[str] = ()
    """As the file has them."""


@dataclass
class ConnectionTable:
    """One ``[connection]`` table: its values, and their lines."""

    file: ConnectionFile
    row: Mapping[str, Any]
    table: Table | None
    nested: Mapping[str, Table]

    def line(self, key: str) -> int:
        """Return the line of a key, counted from 1."""
        return line_of(self.table, key, self.nested)

    def add_problem(self, key: str, text: str, *, corrected: bool = False) -> None:
        """Note a problem of a key; ``corrected`` where the text names the correction."""
        self.file.keys[key] = corrected
        self.file.add_problem(text, self.line(key))

    def found(self, key: str, value: object, expected: str) -> None:
        """Note that a value is not what its key expects."""
        self.add_problem(key, f"{key}: found {_shown(key, value)}, expected {expected}")


def comment_hint(entry: ConnectionTable, key: str) -> str:
    """Return a hint to the line where a missing key is commented out, as optional keys are in the template; empty if
    there is none.
    """
    for number, line in enumerate(entry.file.lines, 1):
        if re.match(rf"\s*[#;/-]+\s*{key}\s*=\s*\S", line):
            return f"; it is commented out in line {number}"
    return ""


def _shown(key: str, value: object) -> str:
    return kind(value) if key in (*CREDENTIALS, "certificate_password") else repr_short(value)
