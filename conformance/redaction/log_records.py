"""Removal of known secrets from log records of this suite and of every library, for all handlers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from conformance.redaction.markers import defuse
from conformance.redaction.register import hide

_FORMATTER = logging.Formatter()


class _Factory:
    """The factory of log records; it is in use while at least one :func:`clean_logs` is active."""

    def __init__(self) -> None:
        self._lock, self._users = Lock(), 0
        self._before: Callable[..., logging.LogRecord] = logging.LogRecord

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._before = logging.getLogRecordFactory()
                logging.setLogRecordFactory(self.record)

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and logging.getLogRecordFactory() == self.record:
                logging.setLogRecordFactory(self._before)

    def record(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self._before(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # logging would print the values of arguments that do not fit
            message = str(record.msg)
        if (hidden := defuse(hide(message))) != message or record.args:
            record.msg, record.args = hidden, ()
        if record.exc_info and record.exc_info[0]:
            text = _FORMATTER.formatException(record.exc_info)
            if (hidden := defuse(hide(text))) != text:
                record.exc_text, record.exc_info = hidden, None
        return record


_factory = _Factory()


@contextmanager
def clean_logs() -> Iterator[None]:
    """Remove known secrets and CI commands from all log records of this process while the context is active."""
    _factory.enter()
    try:
        yield
    finally:
        _factory.leave()
