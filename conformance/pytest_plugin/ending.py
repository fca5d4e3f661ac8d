"""The end of a pytest session, in more detail than its exit code."""

from __future__ import annotations

from enum import Enum, auto

import pytest

from conformance.verification.verdict import ExitCode


class Ending(Enum):
    """How pytest ended a session."""

    COMPLETE = auto()
    """All items ran, or ``-x`` ended the session after a failure."""
    STOPPED = auto()
    """An option or plugin stopped the session: ``--sw``, ``--maxfail`` with pytest-xdist, another plugin."""
    INTERRUPTED = auto()
    """Interrupted by the user, or by ``pytest.exit``."""
    BROKEN = auto()
    """An internal error, or a usage error."""

    @classmethod
    def of(cls, session: pytest.Session) -> Ending:
        """Return how a session ended, by its exit code, or by that of ``pytest.exit``."""
        code = session.exitstatus
        if code == pytest.ExitCode.INTERRUPTED and (session.shouldstop or session.shouldfail):
            return cls.STOPPED
        if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR, ExitCode.INCOMPLETE):
            return cls.BROKEN
        codes = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
        return cls.COMPLETE if code in codes else cls.INTERRUPTED
