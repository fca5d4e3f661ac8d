"""Dask schedulers and workers as separate processes on loopback, and connection files for them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.contoso import SECRET
from tests.fakes_command import limit_files
from tests.python_path import python_path

ROOT = Path(__file__).parents[2]
INLINE = "abc8Q~canary-written-into-the-file-0002"
CONNECTION = """\
[[connection]]
name = "{name}"
tenant_id = "7e4a11ed-0c0f-4c0f-a11c-{number:012}"
client_id = "a9910000-0c0f-4c0f-a11c-000000000002"
client_secret = "{secret}"
subscription_id = "5b5c0000-0c0f-4c0f-a11c-000000000003"
resource_group = "rg-security"
workspace_id = "30a40000-0c0f-4c0f-a11c-000000000004"
workspace_name = "law-security"
"""
SCENARIOS = ("", ".expired-secret", "", ".no-azure-role", "", "")


def write_fleet(folder: Path, count: int, scenarios: tuple[str, ...] = SCENARIOS) -> None:
    """Write files of three connections each; the secrets are in a variable, in a file, and in the connection itself."""
    folder.mkdir(parents=True)
    (folder / "app.secret").write_text(SECRET, encoding="utf-8")
    secrets = ("env:FLEET_SECRET", "file:app.secret", INLINE)
    for number in range(count):
        name = f"tenant-{number:03}{scenarios[number % len(scenarios)]}"
        with open(folder / f"customers-{number // 3:02}.toml", "a", encoding="utf-8") as file:
            file.write(CONNECTION.format(name=name, number=number, secret=secrets[number % 3]))


def until(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until a condition is true; raise TimeoutError with ``what`` after so many seconds."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError(what)
        time.sleep(0.05)


class LocalCluster:
    """A scheduler and workers, as a context manager that ends them; their logs, at debug level, are in its folder.

    ``files`` limits the files that each process can open. ``packages`` is the folder from which the processes import
    this project; the virtual tenants of ``mixed_fleet`` are only set up if it is this repository.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        workers: int = 2,
        packages: Path = ROOT,
        files: int | None = None,
    ) -> None:
        self._files = files
        self.folder, self._count = folder, workers
        self._preload = ("--preload", str(ROOT / "tests/fleet/mixed_fleet.py")) if packages == ROOT else ()
        self._environ = {
            **environ,
            "PYTHONPATH": python_path(packages, ROOT / "tests"),
            "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "debug",
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def __enter__(self) -> LocalCluster:
        self.folder.mkdir(parents=True)
        here = ("--host", "127.0.0.1", "--no-dashboard")
        self.scheduler = self._start("scheduler", *here, "--port", str(self.port))
        until(lambda: "Scheduler at:" in self.logs(), "the scheduler")
        worker = ("worker", self.address, *here, "--no-nanny", "--nthreads", "1", *self._preload)
        self.workers = [self._start(*worker) for _ in range(self._count)]
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        name = f"{kind}-{len(list(self.folder.iterdir()))}"
        with open(self.folder / f"{name}.log", "wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environ,
                cwd=self.folder,
                preexec_fn=partial(limit_files, self._files) if self._files else None,
            )

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))
