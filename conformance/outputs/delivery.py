"""The destinations of a run's reports: a folder, and notifications."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.connection.secret import Secret
from conformance.errors import UsageError
from conformance.redaction import clean_bytes
from conformance.toml_file.document import repr_short

if TYPE_CHECKING:
    from conformance.outputs.summary import RunSummary

JOB_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable with the file that GitHub shows as the summary of a job; the summary is appended to it."""


class DeliveryError(UsageError):
    """An option with a destination that cannot be used."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A failed delivery, in one line. A missing report is ``fatal``; a missing notification is not."""

    text: str
    fatal: bool

    @property
    def level(self) -> str:
        """Return ``ERROR`` or ``WARNING``, the word before the text."""
        return "ERROR" if self.fatal else "WARNING"


@dataclass(frozen=True, slots=True)
class Delivery:
    """The destinations: a folder, with hand-back pages in these languages; the summary of a CI job; addresses to
    notify.
    """

    folder: Path | None = None
    languages: tuple[str, ...] = ("en",)
    job_summary: Path | None = None
    addresses: tuple[Secret, ...] = ()
    contact: str = ""
    """The name and address of the sender of the hand-back pages."""

    @classmethod
    def of(cls, option: Callable[[str], Any], environ: Mapping[str, str] = os.environ) -> Delivery:
        """Return the destinations of the options ``report``, ``language``, ``contact`` and ``notify``. Raises
        :class:`DeliveryError`.
        """
        folder, summary, notified = option("report"), environ.get(JOB_SUMMARY), option("notify")
        languages = _languages(requested) if (requested := option("language")) else ("en",)
        for name in ("language", "contact"):
            if option(name) and not folder:
                raise DeliveryError(f"--sentinel-{name} is for the pages of --sentinel-report=DIR, which is missing")
        return cls(
            Path(folder) if folder else None,
            languages,
            Path(summary) if folder and summary else None,
            _addresses(notified, environ) if notified else (),
            " ".join((option("contact") or "").split()),
        )

    def prepare(self) -> None:
        """Create the folder, before anything is sent. Raises :class:`DeliveryError` if no file can be created in it."""
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise DeliveryError(f"{self.folder}: the report cannot be written: {reason}; nothing was sent") from None

    def deliver(
        self, ending: RunSummary, *, interrupted: bool = False, unwritten: OSError | None = None
    ) -> list[Problem]:
        """Deliver the end of a run to all destinations; return the problems.

        No notifications are sent for an ``interrupted`` run. ``unwritten`` is the error that made the journal in the
        folder incomplete.
        """
        problems = [*self._write(ending)]
        if unwritten and not any(problem.fatal for problem in problems):
            problems.append(self.unwritten(unwritten))
        return [*problems, *(() if interrupted else self._notify(ending))]

    def _write(self, ending: RunSummary) -> Iterator[Problem]:
        if self.folder is None:
            return
        try:
            ending.write(self.folder, self.languages, self.contact)
        except OSError as error:
            yield self.unwritten(error)
        if self.job_summary:
            try:
                with self.job_summary.open("ab") as file:
                    file.write(clean_bytes(ending.summary()))
            except OSError as error:
                yield Problem(f"{JOB_SUMMARY}: the summary cannot be written: {error.strerror}", fatal=False)

    def write_report(self, ending: RunSummary) -> Path | None:
        """Return the page of the report to open first; None if no report was requested or written."""
        page = self.folder and self.folder / ending.page
        return page if page and page.is_file() else None

    def unwritten(self, error: OSError) -> Problem:
        """Return the problem that the folder could not be written."""
        return Problem(f"{self.folder}: the report cannot be written: {error.strerror}", fatal=True)

    def _notify(self, ending: RunSummary) -> Iterator[Problem]:
        if not self.addresses or not (message := ending.message()):
            return
        from conformance.outputs.notify import send

        for address in self.addresses:
            if problem := send(address, *message):
                yield Problem(problem, fatal=False)


def _languages(option: str) -> tuple[str, ...]:
    """Return the languages of an option such as ``de,fr``, in that order. Raises :class:`DeliveryError`."""
    from conformance.report.handback.texts import LANGUAGES

    codes = tuple(dict.fromkeys(part.strip() for part in option.split(",")))
    for language in codes:
        if language not in LANGUAGES:
            raise DeliveryError(f"--sentinel-language: {repr_short(language)} is none of {', '.join(LANGUAGES)}")
    return codes


def _addresses(references: Sequence[str], environ: Mapping[str, str]) -> tuple[Secret, ...]:
    from conformance.outputs.notify import NotifyError, addresses

    try:
        return addresses(references, environ)
    except NotifyError as error:
        raise DeliveryError(str(error)) from None
