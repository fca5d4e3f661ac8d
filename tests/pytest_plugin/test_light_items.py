"""Items and reports of a fleet: small objects with the attributes of pytest's own, for other plugins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pytest_plugin.test_plugin import folder, run

__all__ = ["folder"]
pytestmark = pytest.mark.slow

OBSERVER = """
    import json

    import pytest

    from conformance.pytest_plugin import session

    session.MAX_NAMED = 0
    seen = {}

    class OwnItem(pytest.Item):
        def runtest(self): ...

    def read(report):
        return {
            name: str(getattr(report, name))
            for name in ("nodeid", "location", "outcome", "when", "duration", "longrepr", "sections", "sentinel")
        }

    def pytest_collection_finish(session):
        item = next(item for item in session.items if "AUTH-003" in item.name)
        own = OwnItem.from_parent(session, name="own")
        seen["tables"] = "keywords" in vars(item)
        seen["names"] = [item.nodeid, item.name]
        seen["node"] = str(getattr(item, "id", item.nodeid))
        item.user_properties.append(("mine", 1))
        item.add_marker("slow")
        item.extra_keyword_matches.add("word")
        seen["marks"] = [mark.name for mark in item.iter_markers()]
        seen["missing"] = [name for name in {*dir(own), *vars(own)} if not hasattr(item, name)]
        seen["others"] = [mark.name for mark in session.items[-1].own_markers]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(report):
        if report.when == "call":
            seen.setdefault("reports", []).append(read(report))
            if "AUTH-003" in report.nodeid:
                seen.setdefault("properties", [name for name, _ in report.user_properties])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(session):
        stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
        seen["kept"] = [read(report) for name in ("passed", "failed", "skipped") for report in stats.get(name, [])]
        seen["types"] = sorted({type(report).__name__ for reports in stats.values() for report in reports})
        with open("seen.json", "w") as file:
            json.dump(seen, file)
"""


def test_items_and_reports_of_a_fleet_have_the_attributes_of_pytests_own(
    folder: Path, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(observer=OBSERVER)
    assert run(pytester, "-p", "observer").ret == 0
    sizes = json.loads((folder / "seen.json").read_text())
    assert sizes["tables"] is False
    assert sizes["names"] == [sizes["node"], sizes["node"].rpartition("::")[2]]
    assert "slow" in sizes["marks"]
    assert "auth" in sizes["marks"]
    assert "slow" not in sizes["others"]
    assert sizes["missing"] == []
    assert "mine" in sizes["properties"]
    assert "LightReport" in sizes["types"]

    def in_order(reports: list[dict[str, str]]) -> list[dict[str, str]]:
        return sorted(reports, key=lambda report: report["nodeid"])

    assert in_order(sizes["kept"]) == in_order(sizes["reports"])
