"""A recording session: the choice of connections to record, and the only code that writes a recording to disk.

A recording is one unit, as its pseudonyms and its clock belong together. So it is kept or replaced as a whole:

- ``once`` records a connection without a cassette, and replays the others;
- ``new_episodes`` also records a connection whose cassette lacks a selected check or has another version of the checks;
- ``all`` and ``rewrite`` record every connection again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from conformance._version import CHECKS_VERSION, __version__
from conformance.checks.outcome import Outcome
from conformance.checks.registry import Check, get_check
from conformance.connection import ClientSecret, Connection, ManagedIdentity
from conformance.probing.shapes import shapes
from conformance.recording import cassette
from conformance.recording.cassette import SCHEMA, Cassette, CheckPart, Manifest, Tier
from conformance.recording.date_shift import DateShift
from conformance.recording.leaks.scan import known_values, leaks
from conformance.recording.leaks.secrets import TOKEN, is_unsigned
from conformance.recording.replay import Library, Played
from conformance.recording.scrub_cassette import Scrubbed, scrub_recording
from conformance.recording.vcr_persister import Tape
from conformance.redaction import clean_bytes
from conformance.redaction.register import nothing_learned
from conformance.sources.base import Source, SourceError
from conformance.verification.api import verify
from conformance.verification.verdict import verdict

MODES = ("once", "new_episodes", "all", "rewrite")
MAX_DAYS = 28
"""The maximum number of days by which a recording is moved: announced dates stay about as far away as they were."""
TRIES = 3
MAX_LEAKS = 8
"""The maximum number of reasons listed for a discarded recording."""


class Discarded(Exception):
    """A recording must not be written. The message has one line for each reason."""


@dataclass
class Recording:
    """The recordings of a session, below ``folder``."""

    folder: Path
    mode: str
    tier: Tier = "recorded"
    _tapes: dict[str, Tape] = field(default_factory=dict, repr=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def source(self, connection: Connection, checks: Sequence[Check]) -> Source:
        """Return the source of the answers for a connection: its cassette, or the network with recording.

        Raises :class:`~conformance.sources.base.SourceError` if a cassette cannot be read.
        """
        name = connection.name
        if self._keeps(name, checks):
            return Library(self.folder, name).of(connection)
        self._tapes[name] = Tape(self._lock)
        return self._tapes[name]

    def _keeps(self, name: str, checks: Sequence[Check]) -> bool:
        if self.mode not in ("once", "new_episodes") or not cassette.exists(self.folder / name):
            return False
        if self.mode == "once":
            return True
        manifest = cassette.read(self.folder / name).manifest
        ids = {check.id for check in manifest.checks}
        return manifest.checks_version == CHECKS_VERSION and ids >= {
            check.id for check in checks if not check.reads_text
        }

    def check(self, connections: Iterable[Connection]) -> None:
        """Check that these connections can be recorded or replayed.

        Raises :class:`~conformance.sources.base.SourceError` if a cassette cannot be read or cannot have the
        connection's name, or if the credential cannot be recorded: a managed identity, or several client secrets.
        """
        for connection in connections:
            if isinstance(connection.credential, ManagedIdentity) or (
                isinstance(connection.credential, ClientSecret) and connection.credential.others
            ):
                kind = (
                    "a managed identity"
                    if isinstance(connection.credential, ManagedIdentity)
                    else "several client secrets"
                )
                raise SourceError(f"{connection.name}: a connection with {kind} cannot be recorded")
            folder = cassette.place(self.folder, connection.name)
            if self.mode in ("once", "new_episodes") and cassette.exists(folder):
                cassette.read(folder)

    def keep_and_report(self, connection: Connection, outcomes: Sequence[Outcome]) -> tuple[bool | None, list[str]]:
        """Call :meth:`keep`; return whether the cassette was written (None if nothing was recorded), and lines for the
        user.
        """
        folder = self.folder / connection.name
        try:
            cassette_path = self.keep(connection, outcomes)
        except Discarded as reason:
            lines = str(reason).splitlines()
            more = [f"  and {len(lines) - MAX_LEAKS} more"] if len(lines) > MAX_LEAKS else []
            headline = f"ERROR: {folder}: the recording is discarded, nothing was written:"
            return False, [headline, *(f"  {line}" for line in lines[:MAX_LEAKS]), *more]
        except OSError as error:
            return False, [f"ERROR: {folder}: the recording cannot be written: {error.strerror}"]
        if cassette_path is None:
            return None, [f"{folder}: replayed; --record-mode=rewrite records it anew"]
        return True, [f"{cassette_path}: recorded; read it before you share it"]

    def keep(self, connection: Connection, outcomes: Sequence[Outcome]) -> Path | None:
        """Write the cassette of a connection; return its folder, or None if the connection was replayed.

        Raises :class:`Discarded` if the recording must not be kept, and ``OSError``.
        """
        tape = self._tapes.get(connection.name)
        if tape is None:
            return None
        recorded, clean = faithful(tape, connection, outcomes, self.tier)
        contents = cassette.files(recorded)
        texts = {f"{connection.name}/{name}": content.decode() for name, content in contents.items()}
        if name := next((name for name, text in texts.items() if holds_secret(text)), None):
            raise Discarded(f"{name}: it contains a secret of this run, or a command to a CI system")
        leaks_found = leaks(texts, own_values=known_values(connection), pseudonyms=clean.pseudonyms.assigned)
        if leaks_found:
            raise Discarded("\n".join(map(str, leaks_found)))
        folder = self.folder / connection.name
        cassette.write(folder, contents)
        return folder


def holds_secret(text: str) -> bool:
    """Return whether a text contains a known secret or a CI command; claims of unsigned tokens are ignored."""
    rest = TOKEN.sub(lambda token: "" if is_unsigned(token[0]) else token[0], text).encode()
    return clean_bytes(rest) != rest


def faithful(tape: Tape, connection: Connection, outcomes: Sequence[Outcome], tier: Tier) -> tuple[Cassette, Scrubbed]:
    """Return the cassette of a tape after its replay gave the same outcomes. Raises :class:`Discarded` if it did not.

    If the date shift changes an outcome, another number of days is tried.
    """
    if not tape.interactions:
        raise Discarded("nothing was sent, so there is nothing to replay")
    outcomes = [outcome for outcome in outcomes if not get_check(outcome.check).reads_text]
    expected = cassette.check_parts(outcomes)
    different: list[str] = []
    for _ in range(TRIES):
        shift = DateShift(-1 - secrets.randbelow(MAX_DAYS))
        with nothing_learned():
            clean = scrub_recording(tape.interactions, connection, shift)
            recorded = Cassette(
                manifest=_manifest(tape, connection, outcomes, clean, shift, tier), interactions=clean.interactions
            )
            played = Played(recorded)
            report = verify(played.connection(), source=played, checks=[outcome.check for outcome in outcomes])
        different = _differences(expected, report.outcomes)
        if not different:
            fields = shapes(report.gathered.evidence)  # from the replay, so without names of the customer
            return replace(recorded, manifest=replace(recorded.manifest, shapes=fields)), clean
    raise Discarded("\n".join(different))


def _differences(live: Sequence[CheckPart], replayed: Sequence[Outcome]) -> list[str]:
    """Return a line for each outcome that differs. The reasons come from the replay, so they contain
    pseudonyms only.
    """
    return [
        f"{was.id}: {_outcome_text(was)} live, and {_outcome_text(now)} replayed: {outcome.reason or 'it holds'}"
        for was, now, outcome in zip(live, cassette.check_parts(replayed), replayed, strict=True)
        if was != now
    ]


def _outcome_text(part: CheckPart) -> str:
    return (
        part.outcome
        + (f" ({part.cause})" if part.cause else "")
        + (f" by {part.blocked_by}" if part.blocked_by else "")
    )


def _manifest(
    tape: Tape, connection: Connection, outcomes: Sequence[Outcome], clean: Scrubbed, shift: DateShift, tier: Tier
) -> Manifest:
    verdict_part = verdict(outcomes)
    return Manifest(
        schema=SCHEMA,
        name=connection.name,
        tier=tier,
        suite=__version__,
        checks_version=CHECKS_VERSION,
        recorded=shift.moment(tape.started),
        connection=clean.connection,
        verdict=verdict_part.status,
        exit_code=int(verdict_part.exit_code),
        requests=len(clean.interactions),
        checks=cassette.check_parts(outcomes),
    )
