"""Run the suite beside other pytest plugins, each in a separate environment, and verify the contents of their reports.

``tests/plugins/plugins.toml`` lists them. One virtual environment holds the suite; the packages of each plugin are
installed into a separate folder beside it, so that no plugin sees another. ``--write`` writes the results to
``tests/plugins/matrix.json``, from which ``docs/ci.md`` is generated.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests" / "plugins" / "plugins.toml"
MATRIX = LIST.with_name("matrix.json")
OWN_TEST = "def test_own():\n    assert True\n"


@dataclass(frozen=True, slots=True)
class Situation:
    """A state of the virtual tenant, and the expected end of its verification."""

    name: str
    source: str
    connections: int
    exit_code: int
    reason: str | None = None
    """The root cause, which a report with reasons has to name."""


SITUATIONS = (
    Situation("healthy", "fake", 1, 0),
    Situation("one fault", "fake:no-azure-role", 1, 1, "rbac_role_missing"),
    Situation("service down", "fake:service-down", 1, 6, "service_fault"),
    Situation("three connections", "fake:expired-secret", 3, 1, "secret_expired"),
)
CONNECTION = """\
[[connection]]
name = "customer-{number}"
tenant_id = "7e4a11ed-0c0f-4c0f-a11c-00000000000{number}"
client_id = "a9910000-0c0f-4c0f-a11c-000000000002"
client_secret = "env:MATRIX_SECRET"
subscription_id = "5b5c0000-0c0f-4c0f-a11c-000000000003"
resource_group = "rg-security"
workspace_id = "30a40000-0c0f-4c0f-a11c-000000000004"
workspace_name = "law-security"
"""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin, its command line, and the expected contents of its report.

    ``counts`` are patterns by ``passed``, ``failed`` and ``skipped``: each matches once per check with this outcome in
    the files of the glob ``report`` (without it, in the output). Group 1 of ``distinct`` matches a different text each
    time. ``part`` is true if only a part of the checks runs.
    """

    name: str
    packages: Sequence[str]
    expect: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    report: str | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    exit_pattern: str | None = None
    """Matches the exit code in the report, as group 1."""
    distinct: str | None = None
    reasons: bool = False
    """True if the report has the reason of each test that did not pass."""
    begins: str | None = None
    """A text that the first lines of the output must have."""
    part: bool = False
    exit_code: int | None = None
    """The exit code in every situation, if no check runs."""
    flaw: str | None = None
    """A fault of the plugin itself."""

    @property
    def version(self) -> str:
        """Return the plugin's installed version, from ``packages``."""
        return next(package.partition("==")[2] for package in self.packages if package.startswith(f"{self.name}=="))

    def expected(self, situation: Situation) -> int:
        """Return the expected exit code of a run."""
        return situation.exit_code if self.exit_code is None else self.exit_code


def plugins() -> list[Plugin]:
    """Return the plugins of the list, in its order."""
    return [Plugin(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["plugin"]]


@cache
def uv() -> str:
    """Return the path of uv, which the extra ``plugins`` installs."""
    from uv import find_uv_bin

    return str(find_uv_bin())


def install(packages: Sequence[str], folder: Path) -> None:
    """Install packages into ``folder``, unless they are already installed there."""
    marker = folder / ".installed"
    requirements = "\n".join(packages)
    if marker.exists() and marker.read_text() == requirements:
        return
    shutil.rmtree(folder, ignore_errors=True)
    where = ["--python", sys.executable, "--target", str(folder)]
    subprocess.run([uv(), "pip", "install", "--quiet", "--no-deps", *where, *packages], check=True)  # noqa: S603
    marker.write_text(requirements)


def outcomes(report: Path) -> dict[str, int]:
    """Return how many checks pytest counts as passed, failed and skipped, from our own report."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    words = {"passed": "passed", "warning": "passed", "failed": "failed", "error": "failed"}
    for connection in json.loads(report.read_bytes())["connections"]:
        for check in connection["checks"]:
            counts[words.get(check["outcome"], "skipped")] += 1
    return counts


def problems(plugin: Plugin, situation: Situation, packages: Path, work: Path) -> Iterator[str]:
    """Run the suite with the plugin in the folder ``work``, and yield each difference from the expected result."""
    prepare(situation, work)
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "--sentinel-config=conn.toml", f"--sentinel-source={situation.source}",
         "--sentinel-report=own", *plugin.arguments],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(packages), "MATRIX_SECRET": "made-up-for-the-matrix", "COLUMNS": "100",
             **plugin.environment},
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    output = ran.stdout + ran.stderr
    if "INTERNALERROR" in output or re.search(
        r"^Traceback", output, re.MULTILINE
    ):  # an indented line belongs to a plugin's report
        yield f"it crashes: {output.strip().splitlines()[-1]}"
    code = plugin.expected(situation)
    if ran.returncode != code:
        yield f"exit code {ran.returncode} instead of {code}"
    if plugin.begins and plugin.begins not in ran.stdout[:500]:
        yield "its flaw is not named at the start"
    if (plugin.part or plugin.exit_code is not None) and " works." in output:
        yield "a part of the checks is reported as the whole"
    if plugin.exit_code is None:
        yield from verdict_problems(plugin, situation, work, output)
    elif "No check was selected" not in output:
        yield "it is not said that no check ran"


def prepare(situation: Situation, work: Path) -> None:
    """Make ``work`` a Git repository with settings of pytest, a connection file, and a test that is not a check."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "pytest.ini").write_text("[pytest]\n")
    (work / "test_own.py").write_text(OWN_TEST)
    (work / "conn.toml").write_text(
        "".join(CONNECTION.format(number=number) for number in range(1, situation.connections + 1))
    )
    subprocess.run(["git", "init", "--quiet", str(work)], check=True)  # noqa: S603, S607


def verdict_problems(plugin: Plugin, situation: Situation, work: Path, output: str) -> Iterator[str]:
    """Yield each difference from the expected verdict and from the expected report of the plugin."""
    if f"exit code {situation.exit_code}:" not in output:
        yield "the verdict is not shown"
    if not (work / "own" / "report.json").exists():
        yield "there is no report of ours"
        return
    files = sorted(work.glob(plugin.report)) if plugin.report else []
    if plugin.report and not files:
        yield f"{plugin.report} is not written"
        return
    text = "\n".join(file.read_text(encoding="utf-8") for file in files) if files else output
    expected = outcomes(work / "own" / "report.json")
    for outcome, pattern in plugin.counts.items():
        count = len(re.findall(pattern, text))
        if count != expected[outcome]:
            yield f"{count} {outcome} instead of {expected[outcome]}"
    if plugin.distinct and len(ids := re.findall(plugin.distinct, text)) != len({*ids}):
        yield f"{len(ids)} results, and only {len({*ids})} of them distinct"
    if plugin.reasons and situation.reason and situation.reason not in text:
        yield f"its report does not say {situation.reason}"
    if plugin.exit_pattern:
        codes = re.findall(plugin.exit_pattern, text)
        if codes != [str(situation.exit_code)]:
            yield f"its report has the exit code {', '.join(codes) or 'nowhere'}"


def matrix(entries: Sequence[Plugin], problems: Sequence[Sequence[str]]) -> dict[str, object]:
    """Return the results for JSON: the problems of each plugin in each situation, an empty list if all is well.

    Plugins that did not run this time keep their earlier results.
    """
    rows: list[dict[str, object]] = [
        {
            "plugin": plugin.name,
            "version": plugin.version,
            "arguments": list(plugin.arguments),
            "problems": dict(
                zip((situation.name for situation in SITUATIONS), problems[at * len(SITUATIONS) :], strict=False)
            ),
        }
        for at, plugin in enumerate(entries)
    ]
    if MATRIX.exists():
        now = [(row["plugin"], row["arguments"]) for row in rows]
        before = json.loads(MATRIX.read_text(encoding="utf-8"))["runs"]
        rows += [row for row in before if (row["plugin"], row["arguments"]) not in now]
    return {"python": ".".join(map(str, sys.version_info[:2])), "pytest": version("pytest"), "runs": rows}


def main() -> int:
    """Run all situations with the named plugins, all by default; return 1 if there is any problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="plugins to run, all by default")
    parser.add_argument("--folder", type=Path, default=ROOT / ".venv-plugins" / "plugins", help="where to install them")
    parser.add_argument("--write", action="store_true", help=f"write what was seen into {MATRIX.relative_to(ROOT)}")
    options = parser.parse_args()
    selection = [plugin for plugin in plugins() if not options.names or plugin.name in options.names]
    folders = {
        tuple(plugin.packages): options.folder / "-".join(plugin.packages).replace("==", "-") for plugin in selection
    }

    uv()  # called before the threads: a first call by several threads may find Python's sysconfig half initialized
    with ThreadPoolExecutor(os.cpu_count()) as threads, tempfile.TemporaryDirectory() as work:
        list(threads.map(install, folders, folders.values()))

        def run(number: int) -> list[str]:
            plugin, situation = selection[number // len(SITUATIONS)], SITUATIONS[number % len(SITUATIONS)]
            return [*problems(plugin, situation, folders[tuple(plugin.packages)], Path(work) / str(number))]

        problems_of = []
        for number, problems_here in enumerate(threads.map(run, range(len(selection) * len(SITUATIONS)))):
            problems_of.append(problems_here)
            plugin, situation = selection[number // len(SITUATIONS)], SITUATIONS[number % len(SITUATIONS)]
            for problem in problems_here:
                print(f"{plugin.name} {' '.join(plugin.arguments)}: {situation.name}: {problem}", flush=True)
    if options.write:
        MATRIX.write_text(json.dumps(matrix(selection, problems_of), indent=1) + "\n", encoding="utf-8")
    bad = sum(map(len, problems_of))
    print(f"{len(selection)} plugins in {len(SITUATIONS)} situations: {bad} problems")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
