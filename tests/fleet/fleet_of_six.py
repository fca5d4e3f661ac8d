"""A small fleet, verified on virtual tenants in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.fakes.source import Fake
from tests.contoso import SECRET
from tests.fleet import mixed_fleet
from tests.fleet.clusters import write_fleet


def fleet_of_six(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a folder with a fleet of six, two of them broken; opened connections are noted in ``opened.txt``."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FLEET_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv(mixed_fleet.OPENED, str(folder / "opened.txt"))
    monkeypatch.setattr(mixed_fleet, "PAUSE", 0)
    monkeypatch.setattr(Fake, "open", mixed_fleet.open_mixed)
    write_fleet(folder / "connections", 6)
