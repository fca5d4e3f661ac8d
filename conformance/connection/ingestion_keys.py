"""Reader of the table ``[connection.ingestion]``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.connection.connection_table import ConnectionTable
from conformance.connection.ingestion import (
    STREAM,
    Ingestion,
    is_endpoint,
    is_rule,
    meant_endpoint,
    meant_rule,
    meant_stream,
)
from conformance.redaction import describe
from conformance.toml_file.document import did_you_mean


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its rules: ``accepts`` returns whether a text is valid, ``expected`` describes valid texts,
    ``correction`` returns the intended value of a wrong text (None: unknown).
    """

    accepts: Callable[[str], object]
    expected: str
    correction: Callable[[str], str | None]


KEYS: Mapping[str, Key] = {
    "rule": Key(
        is_rule, "the id of a data collection rule, as its JSON view shows it (/subscriptions/...)", meant_rule
    ),
    "stream": Key(STREAM.fullmatch, "a stream of the rule, such as Custom-Orders_CL", meant_stream),
    "endpoint": Key(
        is_endpoint,
        "the URL of a log ingestion endpoint without a path, such as https://NAME.ingest.monitor.azure.com",
        meant_endpoint,
    ),
}
REQUIRED = ("rule", "stream")


def read_ingestion(entry: ConnectionTable) -> Ingestion | None:
    """Return the target of log ingestion; None if the connection has none, or it is wrong."""
    row = entry.row.get("ingestion")
    if row is None:
        return None
    if not isinstance(row, dict):
        entry.add_mismatch("ingestion", row, "a table")
        return None
    before = len(entry.file.wrong)
    for name in row:
        if name not in KEYS:
            entry.add_problem(f"ingestion.{name}", f"unknown key {describe(name)}{did_you_mean(name, tuple(KEYS))}")
    for name in REQUIRED:
        if name not in row:
            entry.add_problem("ingestion", f"ingestion: missing key {name!r}")
    for name, key in KEYS.items():
        value = row.get(name)
        if value is not None and not (isinstance(value, str) and key.accepts(value)):
            correction = key.correction(value) if isinstance(value, str) else None
            hint = f" (did you mean {correction!r}?)" if correction else ""
            entry.add_mismatch(f"ingestion.{name}", value, f"{key.expected}{hint}")
    return None if len(entry.file.wrong) > before else Ingestion(row["rule"], row["stream"], row.get("endpoint"))
