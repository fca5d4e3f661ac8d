"""Run the demo with the lowest declared versions, and the demo and quick tests with every Python of this machine.

Each has a separate environment, which uv (the extra ``plugins``) creates.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
EXTRAS = ".[cluster,notify,recording,server,socks]"
ENDS = {"healthy": 0, "no-azure-role": 1, "service-down": 6}
"""The exit code of each scenario of the demo."""
TESTS = "tests/connection"


def pythons() -> Iterator[tuple[str, str]]:
    """Yield the name and the path of each interpreter of this machine, including pyenv's; print the missing ones."""
    folders = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin"))
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, folders)])
    missing = []
    for name in PYTHONS:
        places = (place for folder in path.split(os.pathsep) if (place := shutil.which(name, path=folder)))
        if python := next(filter(None, map(executable, places)), None):
            yield name, python
        else:
            missing.append(name)
    if missing:
        print(f"not on this machine: {', '.join(missing)}", flush=True)


def executable(python: str) -> str | None:
    """Return the path of the interpreter behind a command; None if it does not run, such as a pyenv shim of another
    version.
    """
    command = [python, "-c", "import sys; print(sys.executable)"]
    ran = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    return ran.stdout.strip() if ran.returncode == 0 else None


def problems(python: str, *, lowest: bool, folder: Path) -> Iterator[str]:
    """Create the environment, run the demo and the tests, and yield each difference from the expected result."""
    from uv import find_uv_bin

    uv, own = find_uv_bin(), folder / "bin" / "python"
    resolution = ["--resolution=lowest-direct"] if lowest else ["--constraints=requirements.lock"]
    subprocess.run([uv, "venv", "--quiet", "--clear", f"--python={python}", folder], check=True)  # noqa: S603
    subprocess.run(  # noqa: S603
        [uv, "pip", "install", "--quiet", f"--python={own}", *resolution, "--editable", EXTRAS], cwd=ROOT, check=True
    )
    for scenario, code in ENDS.items():
        ran = subprocess.run(  # noqa: S603
            [own, "-m", "pytest", "-p", "no:cacheprovider", "--noconftest", "--sentinel-config=examples/demo.toml",
             f"--sentinel-source=fake:{scenario}"],
            cwd=ROOT,
            env={**os.environ, "SENTINEL_DEMO_SECRET": "made-up-for-the-demo"},
            capture_output=True,
        )  # fmt: skip
        if ran.returncode != code:
            yield f"{scenario}: exit code {ran.returncode} instead of {code}"
    if not lowest:  # the tests are written for the tested version of pytest
        tools = ["hypothesis", "jsonschema", "pytest-xdist"]
        where = [f"--python={own}", "--constraints=requirements.lock"]
        subprocess.run([uv, "pip", "install", "--quiet", *where, *tools], cwd=ROOT, check=True)  # noqa: S603
        quick = [str(own), "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS]
        ran = subprocess.run(quick, cwd=ROOT, capture_output=True)  # noqa: S603
        if ran.returncode:
            yield ran.stdout.decode()


def main() -> int:
    """Run all of them, one after the other; return 1 if there is any problem."""
    bad = 0
    for name, python in chain([("lowest", sys.executable)], pythons()):
        lowest = name == "lowest"
        faults = list(problems(python, lowest=lowest, folder=ROOT / ".venv-plugins" / name))
        print(f"{name}: {'; '.join(faults) or 'as expected'}", flush=True)
        bad += len(faults)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
