"""Run the suite beside other pytest plugins, each in an environment of its own, and hold what their reports say.

``tests/plugins/plugins.toml`` lists them. One virtual environment holds the suite; the packages of a plugin are
installed into a folder of its own beside it, so that no plugin sees another. ``--write docs/ci.md`` writes the table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tests" / "plugins" / "plugins.toml"
MARK = "<!-- plugins -->"
END = "<!-- /plugins -->"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is verified, and how a run of it ends."""

    name: str
    source: str
    connections: int
    exit_code: int


SITUATIONS = (
    Situation("healthy", "fake", 1, 0),
    Situation("one fault", "fake:no-azure-role", 1, 1),
    Situation("service down", "fake:service-down", 1, 6),
    Situation("three connections", "fake:expired-secret", 3, 1),
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
    """A plugin, how it is called, and what its report has to say.

    ``counts`` are patterns by ``passed``, ``failed`` and ``skipped``: each is found in the ``report``, a glob of files
    (or, without one, in the output), as often as that many checks ended so. What group 1 of ``distinct`` matches is
    different each time. ``part`` is whether only a part of the checks runs.
    """

    name: str
    packages: Sequence[str]
    expect: str
    arguments: Sequence[str] = ()
    report: str | None = None
    counts: Mapping[str, str] = field(default_factory=dict)
    exit_pattern: str | None = None
    """Matches the exit code in the report, as group 1."""
    distinct: str | None = None
    part: bool = False

    @property
    def version(self) -> str:
        return next(one.partition("==")[2] for one in self.packages if one.startswith(f"{self.name}=="))


def plugins() -> list[Plugin]:
    """The plugins of the list, in its order."""
    return [Plugin(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["plugin"]]


def install(plugin: Plugin, folder: Path) -> None:
    """Install the packages of a plugin into ``folder``, unless they are there."""
    done = folder / ".installed"
    wanted = "\n".join(plugin.packages)
    if done.exists() and done.read_text() == wanted:
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--upgrade"]
    subprocess.run(  # noqa: S603
        [*pip, "--disable-pip-version-check", "--target", str(folder), *plugin.packages], check=True
    )
    done.write_text(wanted)


def outcomes(report: Path) -> dict[str, int]:
    """How many checks pytest counts as passed, failed and skipped, by our own report."""
    found = {"passed": 0, "failed": 0, "skipped": 0}
    words = {"passed": "passed", "warning": "passed", "failed": "failed", "error": "failed"}
    for connection in json.loads(report.read_bytes())["connections"]:
        for check in connection["checks"]:
            found[words.get(check["outcome"], "skipped")] += 1
    return found


def problems(plugin: Plugin, situation: Situation, packages: Path, work: Path) -> Iterator[str]:
    """Run the suite with the plugin, and yield what is not as it has to be."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "conn.toml").write_text(
        "".join(CONNECTION.format(number=number) for number in range(1, situation.connections + 1))
    )
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "--sentinel-config=conn.toml", f"--sentinel-source={situation.source}",
         "--sentinel-report=own", *plugin.arguments],
        cwd=work,
        env={**os.environ, "PYTHONPATH": str(packages), "MATRIX_SECRET": "made-up-for-the-matrix", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    if "INTERNALERROR" in said:
        yield f"it crashes: {said.strip().splitlines()[-1]}"
    if ran.returncode != situation.exit_code:
        yield f"exit code {ran.returncode} instead of {situation.exit_code}"
    if f"exit code {situation.exit_code}:" not in said:
        yield "the verdict is not shown"
    if plugin.part and " works." in said:
        yield "a part of the checks is told as the whole"
    if not (work / "own" / "report.json").exists():
        yield "there is no report of ours"
        return
    files = sorted(work.glob(plugin.report)) if plugin.report else []
    if plugin.report and not files:
        yield f"{plugin.report} is not written"
        return
    text = "\n".join(file.read_text(encoding="utf-8") for file in files) if files else said
    expected = outcomes(work / "own" / "report.json")
    for outcome, pattern in plugin.counts.items():
        seen = len(re.findall(pattern, text))
        if seen != expected[outcome]:
            yield f"{seen} {outcome} instead of {expected[outcome]}"
    if plugin.distinct and len(found := re.findall(plugin.distinct, text)) != len({*found}):
        yield f"{len(found)} results, and only {len({*found})} of them distinct"
    if plugin.exit_pattern:
        codes = re.findall(plugin.exit_pattern, text)
        if codes != [str(situation.exit_code)]:
            yield f"its report has the exit code {', '.join(codes) or 'nowhere'}"


def table(entries: Sequence[Plugin]) -> str:
    """The list as a table in Markdown."""
    rows = [f"| {one.name} | {one.version} | {' '.join(one.arguments)} | {one.expect} |" for one in entries]
    return "\n".join(["| plugin | version | run with | what to expect |", "|---|---|---|---|", *rows])


def main() -> int:
    """Run all situations with the named plugins, all by default; 1 if anything is not as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="plugins to run, all by default")
    parser.add_argument("--folder", type=Path, default=ROOT / ".venv-plugins" / "plugins", help="where to install them")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table into this page")
    given = parser.parse_args()
    chosen = [one for one in plugins() if not given.names or one.name in given.names]
    for plugin in chosen:
        install(plugin, given.folder / plugin.name)

    def run(number: int) -> list[str]:
        plugin, situation = chosen[number // len(SITUATIONS)], SITUATIONS[number % len(SITUATIONS)]
        name = f"{plugin.name} {' '.join(plugin.arguments)}: {situation.name}"
        work = given.folder.parent / "work" / str(number)
        return [f"{name}: {one}" for one in problems(plugin, situation, given.folder / plugin.name, work)]

    bad = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for found in threads.map(run, range(len(chosen) * len(SITUATIONS))):
            bad += len(found)
            for problem in found:
                print(problem, flush=True)
    if given.write and not bad:
        page = given.write.read_text(encoding="utf-8")
        before, after = page.partition(MARK)[0], page.partition(END)[2]
        given.write.write_text(f"{before}{MARK}\n{table(chosen)}\n{END}{after}", encoding="utf-8")
    print(f"{len(chosen)} plugins in {len(SITUATIONS)} situations: {bad} problems")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
