"""A plugin beside the suite that takes items away from a run, in the way that ``--way`` names: one of its classes."""

from __future__ import annotations

import pytest


def is_at(nodeid: str) -> bool:
    """Return whether this is the item at which a way interferes."""
    return "AUTH-003" in nodeid


class DropsItems:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop every second item, without a word to pytest."""
        del items[::2]


class DropsItemsLate:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        del session.items[::2]


class SkipsInSetup:
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if is_at(item.nodeid):
            pytest.skip("not here")


class SkipsInsteadOfCall:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        if is_at(item.nodeid):
            pytest.skip("not here")


class RunsItsOwnProtocol:
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        return True if is_at(item.nodeid) else None


class Exits:
    code: int | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if is_at(report.nodeid) and report.when == "call":
            pytest.exit("enough", self.code)


class ExitsWithZero(Exits):
    code = 0


class ExitsWithItsOwnCode(Exits):
    code = 77


class Stops:
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        if is_at(item.nodeid):
            item.session.shouldstop = "enough"


class IsInterrupted:
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        if is_at(item.nodeid):
            raise KeyboardInterrupt


class SkipsAll:
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        pytest.skip("nowhere")


class DropsAll:
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.clear()


class IsInterruptedAtOnce:
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        raise KeyboardInterrupt


WAYS: tuple[type, ...] = (
    DropsItems,
    DropsItemsLate,
    SkipsInSetup,
    SkipsInsteadOfCall,
    RunsItsOwnProtocol,
    Exits,
    ExitsWithZero,
    ExitsWithItsOwnCode,
    Stops,
    IsInterrupted,
    SkipsAll,
    DropsAll,
    IsInterruptedAtOnce,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--way", choices=[way.__name__ for way in WAYS])


def pytest_configure(config: pytest.Config) -> None:
    name = config.getoption("--way")
    for way in WAYS:
        if way.__name__ == name:
            config.pluginmanager.register(way())
