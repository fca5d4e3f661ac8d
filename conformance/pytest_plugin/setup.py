"""The connections of a session, and the source of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from conformance.checks.registry import Check
from conformance.connection import Connection, load
from conformance.errors import UsageError
from conformance.pytest_plugin.network_block import check_network
from conformance.pytest_plugin.options import CONFIG
from conformance.run_options import RunOptions
from conformance.sources.base import Source
from conformance.sources.live import Live

if TYPE_CHECKING:  # replaying and recording are only imported on request
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
        """Return the source of a connection with these selected checks."""
        if self.recording:
            return self.recording.source(connection, checks)
        return self.played.get(connection.name, self.source)

    @property
    def asks_services(self) -> bool:
        """Return whether answers come from services, live or virtual, rather than from a recording."""
        return self.recording is None and not self.played

    def offers(self, connection: Connection, check: Check) -> bool:
        """Return whether the check can run: a cassette answers only the checks that it was recorded with."""
        return connection.name not in self.played or self.played[connection.name].holds(check.id)


def read_again(config: pytest.Config, options: RunOptions) -> Sequence[Connection]:
    """Read the files again, and return the connections of this shard. Raises :class:`UsageError`."""
    return options.shard.of(load(config.getoption(CONFIG)))


def read_setup(config: pytest.Config, options: RunOptions) -> RunSetup:
    """Return the connections of this shard with their source. Raises :class:`UsageError`."""
    files, share, source = config.getoption(CONFIG), options.shard, options.source
    mode = config.getoption("--record-mode", None) or "none"
    if mode != "none" and not config.getoption("--disable-recording", False):
        if not isinstance(source, Live):
            raise UsageError(f"--record-mode={mode} records the network: it goes with --sentinel-source=live alone")
        if getattr(config.option, "dist", "no") != "no" or hasattr(config, "workerinput"):
            raise UsageError(f"--record-mode={mode} does not go with -n: a recording is made in one process")
        from conformance.recording.recorder import Recording

        recording = Recording(options.cassettes, mode)
        live = share.of(load(files))
        check_network(config, live)
        recording.check(live)
        return RunSetup(live, source, recording)
    if not source.name.startswith("cassette"):
        connections = share.of(load(files))
        if isinstance(source, Live):
            check_network(config, connections)
        return RunSetup(connections, source)
    from conformance.recording.replay import Library

    assert isinstance(source, Library)
    connections = share.of(load(files, credentials=False) if files else source.connections())
    if source.selected and len(connections) > 1:
        raise UsageError(f"{source.name} is one connection, and the connection files hold {len(connections)}")
    return RunSetup(connections, source, played={entry.name: source.of(entry) for entry in connections})
