"""`make bench-against COMMIT=...`: compare this checkout with another commit, each installed in a separate environment.

`python -m benchmarks.against COMMIT [--quick] [--tenants N] [--write docs/benchmarks.md]`

For each figure, the processes of both builds run in turns. A ratio is this checkout's figure divided by the commit's:
the median of all rounds, with the smallest and the largest. Both builds read the same files and ask the same served
fleet, which is this checkout's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import DEMO, ROOT, SECRET, write
from benchmarks.fleet import JOBS, LATENCY, serve_fleet
from benchmarks.turns import Cost, Ratio, cost, in_turns

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
TENANT = "000000000001"
"""The last digits of the demo's tenant id, from which those of a fleet count on."""
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Build:
    """A checkout, and the Python of the environment in which it is installed as a user would install it."""

    checkout: Path
    python: Path

    def pytest(self, folder: Path, *arguments: str, **environment: str) -> Cost:
        """Run a whole pytest process in a folder and return its cost."""
        return cost([self.python, *PYTEST, *arguments], folder, {**_environment(), **SECRET, **environment})

    def explain(self, folder: Path) -> Cost:
        """Run the console command to explain one error, and return its cost."""
        return cost([self.python, *PYTEST, "--sentinel-explain=AADSTS7000222"], folder, _environment())


@dataclass(frozen=True)
class Row:
    """A row of the comparison: the name of the figure, its ratio to the commit, and the target ratio."""

    name: str
    ratio: Ratio
    target: str
    commit: str
    """The commit's own figure, the median."""


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}


@contextmanager
def builds(commit: str) -> Iterator[tuple[Build, Build]]:
    """Yield this checkout and the commit, both installed with the versions of this checkout's requirements.lock."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        other = folder / "commit"
        other.mkdir()
        archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE)  # noqa: S603, S607
        subprocess.run(["tar", "-x", "-C", other], check=True, input=archive.stdout)  # noqa: S603, S607
        yield _installed(ROOT, folder / "this"), _installed(other, folder / "other")


def _installed(checkout: Path, environment: Path) -> Build:
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)  # noqa: S603
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", ROOT / "requirements.lock", checkout], check=True)  # noqa: S603
    return Build(checkout, python)


def starts(this: Build, other: Build, times: int) -> list[Row]:
    """Compare whole processes: a run on the virtual tenant, with and without bytecode, and the inert plugin."""
    verify = (f"--sentinel-config={DEMO}", "--sentinel-source=fake")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_one.py").write_text("def test_one():\n    pass\n")
        rows = [
            _row("a run on the virtual tenant", times, lambda build: build.pytest(folder, *verify), this, other),
            _row("explaining one error", times, lambda build: build.explain(folder), this, other),
            _row("a test with the plugin inert", times, lambda build: build.pytest(folder, "test_one.py"), this, other),
        ]
        for build in (this, other):  # remove the bytecode of pytest's rewritten modules, as in a read-only image
            for file in (build.python.parents[1]).rglob("*-pytest-*.pyc"):
                file.unlink()
        rows.append(
            _row(
                "a run on the virtual tenant where no bytecode is written",
                times,
                lambda build: build.pytest(folder, *verify, **NO_BYTECODE),
                this,
                other,
            )
        )
    return rows


def _row(name: str, times: int, run: Callable[[Build], Cost], this: Build, other: Build) -> Row:
    ours, theirs = in_turns(times, lambda: run(this), lambda: run(other))
    return _by_processor(name, "s of the processor", ours, theirs)


def _by_processor(name: str, unit: str, ours: Sequence[Cost], theirs: Sequence[Cost]) -> Row:
    return Row(
        name,
        Ratio.of_costs(ours, theirs),
        "the less the better",
        f"{sorted(cost.cpu for cost in theirs)[len(theirs) // 2]:.2f} {unit}",
    )


def fleets(this: Build, other: Build, times: int, tenants: int) -> list[Row]:
    """Compare both builds on a served fleet, verified in one process by each build's own ``benchmarks.part``."""
    with serve_fleet(tenants) as fleet:

        def part(build: Build) -> Cost:
            process = subprocess.run(  # noqa: S603
                [build.python, "-m", "benchmarks.part", str(fleet.folder), str(tenants), str(JOBS)],
                env={**_environment(), **fleet.environment, "PYTHONPATH": str(build.checkout)},
                cwd=build.checkout,
                check=True,
                stdout=subprocess.PIPE,
            )
            measured = json.loads(process.stdout)
            return Cost(measured["wall"] / tenants, measured["cpu"] / tenants, measured["peak"])

        ours, theirs = in_turns(times, lambda: part(this), lambda: part(other))
    speed = Ratio.of([1 / cost.wall for cost in ours], [1 / cost.wall for cost in theirs])
    by_cpu = Ratio.of([1 / cost.cpu for cost in ours], [1 / cost.cpu for cost in theirs])
    seconds = sorted(cost.wall for cost in theirs)[len(theirs) // 2]
    return [
        Row(f"verifications per second, {tenants} tenants", speed, "2.0 or more", f"{1 / seconds:.1f} per second"),
        Row("the same, per second of the processor", by_cpu, "2.0 or more", ""),
    ]


def live(this: Build, other: Build, times: int) -> list[Row]:
    """Compare a whole live run of one served connection, from the start of the process to its end."""
    with serve_fleet(1) as fleet, tempfile.TemporaryDirectory() as name:
        (config,) = (fleet.folder / "connections").glob("*.toml")
        environment = {key: value for key, value in fleet.environment.items() if key != "PYTHONPATH"}

        def run(build: Build) -> Cost:
            return build.pytest(Path(name), f"--sentinel-config={config}", **environment)

        ours, theirs = in_turns(times, lambda: run(this), lambda: run(other))
    walls = Ratio.of([cost.wall for cost in ours], [cost.wall for cost in theirs])
    seconds = sorted(cost.wall for cost in theirs)[len(theirs) // 2]
    title = f"a live run, answers {LATENCY * 1000:.0f} ms late, on the wall"
    return [Row(title, walls, "1.15 or less", f"{seconds:.2f} s")]


def memory(this: Build, other: Build, tenants: int) -> list[Row]:
    """Compare the memory of one pytest run of a fleet on the virtual tenant by each build: memory hardly differs
    between runs.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = DEMO.read_text(encoding="utf-8").replace("[connection]", "[[connection]]")
        fleet = "".join(
            text.replace('name = "contoso"', f'name = "contoso-{number}"').replace(TENANT, f"{number:012}", 1)
            for number in range(1, tenants + 1)
        )
        (folder / "fleet.toml").write_text(fleet, encoding="utf-8")
        (folder / "fleet.toml").chmod(0o600)
        arguments = ("--sentinel-config=fleet.toml", "--sentinel-source=fake", f"--sentinel-jobs={JOBS}")
        ours, theirs = this.pytest(folder, *arguments), other.pytest(folder, *arguments)
    peaks = Ratio.of([ours.peak], [theirs.peak])
    return [Row(f"memory of a pytest run of {tenants} tenants", peaks, "0.6 or less", f"{theirs.peak / 1e6:.0f} MB")]


def table(commit: str, rows: Sequence[Row]) -> str:
    """Return the comparison with a commit as a Markdown table."""
    lines = [f"| {row.name} | {row.ratio} | {row.target} | {row.commit} |" for row in rows]
    head = f"| this build / {commit} | median (least to largest) | target | {commit} itself |"
    return "\n".join([head, "|---|---|---|---|", *lines])


def main() -> None:
    """Compare, print the table, and with ``--write`` write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, small fleets")
    parser.add_argument(
        "--tenants", type=int, default=1000, help="of the pytest run (default 1000); the other fleet has a fifth"
    )
    parser.add_argument("--write", type=Path, help="write the table into this page, between its markers")
    options = parser.parse_args()
    if shutil.which("git") is None:
        parser.error("git is needed to take the commit out")
    times, tenants = (2, 20) if options.quick else (10, options.tenants)
    rows: list[Row] = []
    parts: list[Callable[[Build, Build], list[Row]]] = [
        lambda this, other: starts(this, other, times),
        lambda this, other: live(this, other, times),
        lambda this, other: fleets(this, other, max(2, times // 3), max(20, tenants // 5)),
        lambda this, other: memory(this, other, tenants),
    ]
    with builds(options.commit) as (this, other):
        for part in parts:
            rows += part(this, other)
            print(table(options.commit, rows), file=sys.stderr, flush=True)
    text = table(options.commit, rows)
    print(text)
    if options.write:
        write(options.write, "against", text)


if __name__ == "__main__":
    main()
