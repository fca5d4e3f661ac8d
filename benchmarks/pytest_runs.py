"""Whole pytest processes: a verification on the virtual tenant, empty tests, and the inactive plugin."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.figures import DEMO, SECRET, Figure
from benchmarks.turns import Cost, Ratio, cost, in_turns
from conformance.verification.pipeline import select_checks


def pytest_cost(arguments: Sequence[str], folder: Path, **environment: str) -> Cost:
    """Run a whole pytest process and return its cost."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return cost(command, folder, {**inherited, **SECRET, **environment})


STARTED = """
import os

def pytest_runtestloop(session):
    if not session.config.option.sentinel_config:
        os._exit(0)

def pytest_collection(session):
    if session.config.option.sentinel_config:
        from conformance.probing.guard import Guard

        async def handle(*_):
            os._exit(0)

        Guard.handle_async_request = handle
"""
"""A plugin that ends a process where its first request would leave; without a connection, where its first test runs."""


def first_request(folder: Path, times: int) -> Ratio:
    """Return the time of a live run until its first request, divided by that of a pytest process with the inactive
    plugin until its first test, in turns.
    """
    (folder / "started.py").write_text(STARTED)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))

    def start(*arguments: str) -> Cost:
        return pytest_cost(["-p", "started", *arguments], folder, PYTHONPATH=path)

    return Ratio.of_costs(*in_turns(times, lambda: start(f"--sentinel-config={DEMO}"), lambda: start("test_one.py")))


def as_pytest(quick: bool) -> list[Figure]:
    """Return the figures of whole pytest processes."""
    times, checks = 2 if quick else 10, len(select_checks())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text(
            f"import pytest\n\n@pytest.mark.parametrize('n', range({checks}))\ndef test_nothing(n):\n    pass\n"
        )
        (folder / "test_one.py").write_text("def test_one():\n    pass\n")
        verify = [f"--sentinel-config={DEMO}", "--sentinel-source=fake"]
        reported = [*verify, f"--sentinel-report={folder / 'reports'}"]

        def ratio(above: Sequence[str], below: Sequence[str], **environment: str) -> Ratio:
            return Ratio.of_costs(
                *in_turns(
                    times,
                    lambda: pytest_cost(above, folder, **environment),
                    lambda: pytest_cost(below, folder, **environment),
                )
            )

        run = ratio(verify, ["test_nothing.py"])
        unwritten = ratio(verify, ["test_nothing.py"], PYTHONDONTWRITEBYTECODE="1")
        reports = ratio(reported, verify)
        first = first_request(folder, times)
        inert = ratio(["test_one.py"], ["-p", "no:conformance.plugin", "test_one.py"])
        plain = dict(os.environ)
        explained, nothing = in_turns(
            times,
            lambda: cost([sys.executable, "-m", "conformance.findings", "AADSTS7000222"], folder, plain),
            lambda: cost([sys.executable, "-c", "pass"], folder, plain),
        )
        more = median(cost.cpu - other.cpu for cost, other in zip(explained, nothing, strict=True))
    return [
        Figure(f"run on the virtual tenant / {checks} no-op tests", run.value, "1.4 or less", str(run)),
        Figure("the same where no bytecode is written", unwritten.value, "1.5 or less", str(unwritten)),
        Figure("run that writes all its reports / run that writes none", reports.value, "less than 1.15", str(reports)),
        Figure(
            "start to the first request, live / start to the first test with the plugin inert",
            first.value,
            "1.2 or less",
            str(first),
        ),
        Figure("start-up with the plugin inert / without it", inert.value, "1.05 or less", str(inert)),
        Figure(
            "seconds of the processor for `python -m conformance.findings` beyond `python -c pass`",
            more,
            "less than 0.5",
        ),
    ]
