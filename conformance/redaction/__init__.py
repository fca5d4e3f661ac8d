"""Cleaning of text that leaves this process: known secrets are removed, and commands to a terminal or CI system are
disabled.

``remember`` is called where a secret is read, ``hide`` and ``hide_bytes`` where text is written, and ``describe`` where
a message would show a value of the user. The exits themselves are in :mod:`conformance.redaction.outlet`.
"""

from conformance.redaction.description import describe, kind_of, name_of, shape_of
from conformance.redaction.environment import remember_environment
from conformance.redaction.log_records import clean_logs
from conformance.redaction.markers import defuse, printable
from conformance.redaction.outlet import Outlet, clean, clean_bytes, say
from conformance.redaction.pytest_reports import clean_report
from conformance.redaction.register import hide, hide_bytes, remember

__all__ = [
    "Outlet",
    "clean",
    "clean_bytes",
    "clean_logs",
    "clean_report",
    "defuse",
    "describe",
    "hide",
    "hide_bytes",
    "kind_of",
    "name_of",
    "printable",
    "remember",
    "remember_environment",
    "say",
    "shape_of",
]
