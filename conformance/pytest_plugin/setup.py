"""What a session verifies and where its answers come from, by pytest's options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.checks.registry import Check
from conformance.connection import Connection, load
from conformance.results.shard import Shard
from conformance.sources.live import Live, Source, SourceError, source

if TYPE_CHECKING:  # replaying and recording are only imported where they are asked for
    from conformance.recording.recorder import Recording
    from conformance.recording.replay import Played


@dataclass(frozen=True)
class RunSetup:
    """The connections, their source, the recording if there is one, and the cassettes of connections by their names."""

    connections: Sequence[Connection]
    source: Source
    recording: Recording | None = None
    played: Mapping[str, Played] = field(default_factory=dict)

    def of(self, connection: Connection, checks: Sequence[Check]) -> Source:
        """The source of one connection."""
        if self.recording:
            return self.recording.source(connection, checks)
        return self.played.get(connection.name, self.source)

    def offers(self, connection: Connection, check: Check) -> bool:
        """Whether a check can be made: a cassette answers those that it was recorded with."""
        return connection.name not in self.played or self.played[connection.name].holds(check.id)


def read_setup(config: pytest.Config) -> RunSetup:
    """Reads the options.

    Raises ``ConnectionFileError``, ``ShardError`` and :class:`SourceError` for what cannot be used.
    """
    files = config.getoption("--sentinel-config")
    cassettes = Path(config.getoption("--sentinel-cassettes"))
    where = source(config.getoption("--sentinel-source"), cassettes=cassettes)
    share = Shard.parse(config.getoption("--sentinel-shard"))
    if config.getoption("--sentinel-resume") and not config.getoption("--sentinel-report"):
        raise SourceError("--sentinel-resume goes on in the folder of --sentinel-report, which is missing")
    if config.getoption("--sentinel-jobs") < 1:
        raise SourceError("--sentinel-jobs: at least 1 connection at a time")
    mode = config.getoption("--record-mode", None) or "none"
    if mode != "none" and not config.getoption("--disable-recording", False):
        if not isinstance(where, Live):
            raise SourceError(f"--record-mode={mode} records the network: it goes with --sentinel-source=live alone")
        if getattr(config.option, "dist", "no") != "no" or hasattr(config, "workerinput"):
            raise SourceError(f"--record-mode={mode} does not go with -n: a recording is made in one process")
        from conformance.recording.recorder import Recording

        recording = Recording(cassettes, mode)
        live = share.of(load(files))
        recording.check(live)
        return RunSetup(live, where, recording)
    if not where.name.startswith("cassette"):
        return RunSetup(share.of(load(files)), where)
    from conformance.recording.replay import Library

    assert isinstance(where, Library)
    connections = share.of(load(files, credentials=False) if files else where.connections())
    if where.chosen and len(connections) > 1:
        raise SourceError(f"{where.name} is one connection, and the connection files hold {len(connections)}")
    return RunSetup(connections, where, played={one.name: where.of(one) for one in connections})
