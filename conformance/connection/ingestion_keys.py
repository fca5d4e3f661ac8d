"""The table ``[connection.ingestion]``, read into where rows are sent to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.connection.connection_table import ConnectionTable
from conformance.connection.ingestion import STREAM, Ingestion, is_endpoint, is_rule
from conformance.redaction import describe
from conformance.toml_file.document import did_you_mean

KEYS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "rule": (is_rule, "the id of a data collection rule, as its JSON view shows it (/subscriptions/...)"),
    "stream": (STREAM.fullmatch, "a stream of the rule, such as Custom-Orders_CL"),
    "endpoint": (is_endpoint, "the URL of a log ingestion endpoint, such as https://NAME.ingest.monitor.azure.com"),
}
"""Each key with what its value must be."""
REQUIRED = ("rule", "stream")


def read_ingestion(entry: ConnectionTable) -> Ingestion | None:
    """Return where rows are sent to; None where the connection does not say, or says it wrongly."""
    row = entry.row.get("ingestion")
    if row is None:
        return None
    if not isinstance(row, dict):
        entry.found("ingestion", row, "a table")
        return None
    before = len(entry.file.wrong)
    for key in row:
        if key not in KEYS:
            entry.add_problem(f"ingestion.{key}", f"unknown key {describe(key)}{did_you_mean(key, tuple(KEYS))}")
    for key in REQUIRED:
        if key not in row:
            entry.add_problem("ingestion", f"ingestion: missing key {key!r}")
    for key, (accepts, expected) in KEYS.items():
        value = row.get(key)
        if value is not None and not (isinstance(value, str) and accepts(value)):
            entry.found(f"ingestion.{key}", value, expected)
    return None if len(entry.file.wrong) > before else Ingestion(row["rule"], row["stream"], row.get("endpoint"))
