"""The start of a verifying session: read the files of its options, and register its plugins."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.checks.registry import AREAS
from conformance.errors import UsageError
from conformance.pytest_plugin.collection import CollectionPlugin
from conformance.pytest_plugin.options import run_options
from conformance.pytest_plugin.probes import fixtures
from conformance.pytest_plugin.run_loop import WithoutEvidence
from conformance.pytest_plugin.session import Session
from conformance.pytest_plugin.setup import read_setup
from conformance.redaction import clean
from conformance.report.comparison import past
from conformance.report.terminal_layout import message_lines
from conformance.run_options import RunOptions

if TYPE_CHECKING:
    from conformance.results.history import History


def _for_terminal(message: str) -> str:
    """Return an error for pytest's output: wrapped if it goes to a terminal."""
    if not sys.stderr.isatty():
        return message
    return message_lines(message, shutil.get_terminal_size().columns, "ERROR: ")


def start(config: pytest.Config, checks: Path) -> None:
    """Turn the run into a verification; ``checks`` is the folder collected by default.

    Raises ``pytest.UsageError`` (exit code 4) for options and files that cannot be used.
    """
    try:
        options = run_options(config)
        setup = read_setup(config, options)
        previous = past(options.compare, [connection.name for connection in setup.connections])
        history = open_history(config, options)
        if not hasattr(config, "workerinput") and not config.option.collectonly:
            options.delivery.prepare()
        session = Session(config, options, setup, previous, history)
    except UsageError as error:
        raise pytest.UsageError(_for_terminal(clean(str(error)))) from None
    except OSError as error:  # a file or folder of an option that this user has no right to read
        raise pytest.UsageError(clean(f"{error.filename or 'this machine'}: {error.strerror}")) from None
    if config.args_source is not config.ArgsSource.ARGS:
        config.args[:] = [str(checks)]
        config.args_source = config.ArgsSource.ARGS
    config.addinivalue_line(
        "markers", "negative: a token of one API put to another, which must refuse it (run with -m negative)"
    )
    for area, title in AREAS.items():
        config.addinivalue_line("markers", f"{area}: {title}")
    collection = CollectionPlugin(
        session.runs, session.outcomes.outcome_of, session.offered, session.results.notes.append
    )
    plugins = {
        "session": session,
        "run-loop": session.loop,
        "without-evidence": WithoutEvidence(),
        "outcomes": session.outcomes,
        "workers": session.workers,
        "others": session.others,
        "terminal": session.terminal,
        "light-reports": session.light_reports,
        "collection": collection,
        "fixtures": fixtures(),
    }
    for name, plugin in plugins.items():
        if plugin is not None:
            config.pluginmanager.register(plugin, f"sentinel-{name}")


def open_history(config: pytest.Config, options: RunOptions) -> History | None:
    """Return the opened history of the options; pytest-xdist's controller writes it, its workers do not."""
    history = None if hasattr(config, "workerinput") else options.history()
    return history.__enter__() if history else None
