"""The options of both command lines, parsed once into one frozen value."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.connection import duration
from conformance.errors import UsageError
from conformance.findings import Docs
from conformance.outputs.delivery import Delivery
from conformance.probing.transport import Patience
from conformance.results.journal import FILE, Journal
from conformance.results.shard import Shard
from conformance.sources.base import Source
from conformance.sources.resolve import source as resolve
from conformance.verification.baseline import Baseline, read

if TYPE_CHECKING:
    from conformance.results.history import History


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of every kind of run. Paths are opened only when they are used."""

    source: Source
    cassettes: Path
    delivery: Delivery
    compare: str | None
    """A ``report.json`` or a cassette's manifest to compare with."""
    docs: Docs
    strict: bool
    strict_retirements: bool
    baseline_file: Path | None
    patience: Patience
    jobs: int
    """Maximum connections at a time."""
    shard: Shard
    resume: bool
    history_file: Path | None
    wait: float
    """Seconds to wait for transient causes."""
    watch: float | None
    """Maximum seconds to watch broken connections; None without a watch."""

    @classmethod
    def parse(cls, option: Callable[[str], Any], environ: Mapping[str, str] = os.environ) -> RunOptions:
        """Return the options; ``option`` returns the value for a name without prefix, such as ``jobs``.

        Raises :class:`~conformance.errors.UsageError` for an unusable value. Messages name options in pytest's form
        (``--sentinel-jobs``).
        """
        cassettes = Path(option("cassettes"))
        source = resolve(option("source"), cassettes=cassettes)
        shard = Shard.parse(option("shard"))
        if option("resume") and not option("report"):
            raise UsageError("--sentinel-resume goes on in the folder of --sentinel-report, which is missing")
        if option("jobs") < 1:
            raise UsageError("--sentinel-jobs: at least 1 connection at a time")
        return cls(
            source=source,
            cassettes=cassettes,
            delivery=Delivery.of(option, environ),
            compare=option("compare"),
            docs=Docs.at(option("docs")),
            strict=option("strict"),
            strict_retirements=option("strict-retirements"),
            baseline_file=_path(option("baseline")),
            patience=Patience(deadline=option("deadline")),
            jobs=option("jobs"),
            shard=shard,
            resume=option("resume"),
            history_file=_path(option("history")),
            wait=_seconds("wait", option("wait")),
            watch=_watch(option("watch"), source),
        )

    def baseline(self) -> Baseline:
        """Return the baseline from its file. Import the user's own checks before: an unknown check id is an error."""
        return read(self.baseline_file) if self.baseline_file else ()

    def journal(self) -> Journal:
        """Return the journal of the report folder, or a journal in memory if no report is requested."""
        return Journal(self.delivery.folder / FILE if self.delivery.folder else None)

    def history(self) -> History | None:
        """Return the requested history, not opened yet, or None."""
        if self.history_file is None:
            return None
        from conformance.results.history import History

        return History(self.history_file)


def _seconds(name: str, text: str) -> float:
    """Return the time in an option, in seconds. Raises :class:`~conformance.errors.UsageError`."""
    try:
        return duration(text).total_seconds()
    except UsageError as error:
        unit = f"; say the unit: --sentinel-{name}=10m is ten minutes" if text.isdecimal() else ""
        raise UsageError(f"--sentinel-{name}: {error}{unit}") from None


def _watch(text: str | None, source: Source) -> float | None:
    if text is not None and source.name.startswith("cassette"):
        raise UsageError("--sentinel-watch: a recording does not change; watch the tenant itself")
    return None if text is None else _seconds("watch", text)


def _path(value: str | Path | None) -> Path | None:
    return Path(value) if value else None
