"""The output of a verification through pytest's terminal reporter, or without it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO, cast

import pytest

from conformance.pytest_plugin.other_tests import OtherTests
from conformance.pytest_plugin.other_tools import flaws
from conformance.redaction import say
from conformance.report.terminal_layout import console
from conformance.verification.verdict import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

REPORTER = "terminalreporter"
"""The name under which pytest, or the plugin that replaces it, registers its reporter."""


WRITES = ("write", "write_raw")
"""The methods that write all output of pytest's terminal writer."""


def quieten(config: pytest.Config) -> bool:
    """Silence pytest's own output unless requested (-v, --tb, --collect-only); return whether silenced."""
    option = config.option
    verbose = config.getoption("verbose", 0) > 0 or config.getoption("tbstyle", "auto") != "auto" or option.collectonly
    if verbose or not config.pluginmanager.has_plugin("terminal"):
        return False
    option.no_header, option.reportchars = True, ""
    return True


class TerminalPlugin:
    """Prints the verdict at the end of the session, with any reporter and any exit code.

    ``show`` prints it, ``commands`` are the commands of a CI system; ``quiet`` hides pytest's output about each test.
    Nothing is hidden from other plugins: letters, words, counts and reports are pytest's own.
    """

    def __init__(
        self,
        config: pytest.Config,
        show: Callable[[Console], None],
        commands: Callable[[], Iterable[str]],
        others: OtherTests,
        *,
        quiet: bool,
    ) -> None:
        self._config, self._show, self._commands, self._others, self._quiet = config, show, commands, others, quiet
        self._is_printed = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionstart(self) -> Generator[None, Any, Any]:
        """Print the warnings about the configuration, and mute pytest's header."""
        for warning in flaws(self._config):
            say(warning)
        with self._muted():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, Any, Any]:
        """Mute pytest's output while it collects."""
        with self._muted():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """Mute pytest's output while items run."""
        with self._muted():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Have pytest print the summaries of all plugins also for our own exit codes: it would print none."""
        with self._muted():
            result = yield
        reporter = self._config.pluginmanager.get_plugin(REPORTER)
        if reporter and not self._is_printed and session.exitstatus == ExitCode.INCOMPLETE:
            self._config.hook.pytest_terminal_summary(
                terminalreporter=reporter, exitstatus=session.exitstatus, config=self._config
            )
        if reporter and self._quiet and (why := session.shouldfail or session.shouldstop):
            reporter.write_line(f"ended early: {why}")
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, Any, Any]:
        """Print the report in place of pytest's summary."""
        with self._muted(mute=False):
            return (yield from self._summary(terminalreporter))

    def _summary(self, terminalreporter: Any) -> Generator[None, Any, Any]:
        option = self._config.option
        style, option.tbstyle = option.tbstyle, "no" if self._quiet else option.tbstyle
        try:
            result = yield
        finally:
            option.tbstyle = style
        if self._quiet:
            self._others.show(terminalreporter)
        writer = self._config.get_terminal_writer()
        self._print(console(cast("TextIO", WriterFile(writer)), width=writer.fullwidth, color=writer.hasmarkup))
        return result

    def pytest_unconfigure(self) -> None:
        """Print the verdict if no reporter did: with ``-p no:terminal``, or a reporter without summaries.

        The commands of a CI system come last and separately: text through pytest's reporter is cleaned of commands.
        """
        self._print(console(sys.stdout))
        for command in self._commands():
            print(command)

    def _print(self, out: Console) -> None:
        if not self._is_printed:
            self._is_printed = True
            self._show(out)

    @contextlib.contextmanager
    def _muted(self, *, mute: bool = True) -> Iterator[None]:
        """While entered, let pytest's terminal writer write nothing; without ``mute``, let it write again."""
        if not self._quiet or not self._config.pluginmanager.get_plugin(REPORTER):
            yield
            return
        own = vars(self._config.get_terminal_writer())
        before = {name: own.pop(name) for name in WRITES if name in own}
        if mute:
            own.update(dict.fromkeys(WRITES, _discard))
        try:
            yield
        finally:
            for name in WRITES:
                own.pop(name, None)
            own.update(before)


def _discard(text: str, **_: object) -> None:
    """Write nothing."""


class WriterFile(io.TextIOBase):
    """A text stream that writes through pytest's terminal writer."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return the encoding of standard output."""
        return sys.stdout.encoding

    def write(self, text: str) -> int:
        """Write through pytest's terminal writer, and return the number of characters."""
        self._writer.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush pytest's terminal writer."""
        self._writer.flush()


@contextlib.contextmanager
def uncaptured(stream: TextIO) -> Iterator[TextIO]:
    """Yield a stream to the current target of ``stream``, unaffected by later redirections; ``stream`` itself if it is
    not a file.
    """
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        yield stream
        return
    with os.fdopen(os.dup(number), "w", encoding=stream.encoding, errors="backslashreplace") as own:
        yield own
