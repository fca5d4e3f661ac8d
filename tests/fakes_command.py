"""`sentinel-fakes serve` in its own process, for its own tests and for tests that need many tenants."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from tests.python_path import python_path

GRAPH = "graph.microsoft.com"


@dataclass
class Running:
    """A server in its own process, started in an empty folder, with the environment variables that it printed."""

    process: subprocess.Popen[str]
    folder: Path
    environment: dict[str, str]
    notes: list[str]

    @property
    def address(self) -> tuple[str, int]:
        url = httpx.URL(self.environment["HTTPS_PROXY"])
        return url.host, url.port or 0

    def client(self) -> httpx.Client:
        trust = ssl.create_default_context(cafile=self.environment["SSL_CERT_FILE"])
        return httpx.Client(proxy=self.environment["HTTPS_PROXY"], verify=trust, timeout=60)

    def dialled(self) -> ssl.SSLSocket:
        """Connect over TLS, without the proxy."""
        trust = ssl.create_default_context(cafile=self.environment["SSL_CERT_FILE"])
        return trust.wrap_socket(socket.create_connection(self.address, timeout=60), server_hostname="localhost")

    def answers(self) -> bool:
        with self.client() as client:
            return client.get(f"https://{GRAPH}/v1.0/security/alerts_v2").status_code == 401

    def interrupted(self, by: signal.Signals = signal.SIGINT) -> int:
        """Send a signal to the process; return its exit code."""
        self.process.send_signal(by)
        return self.process.wait(60)


def limit_files(files: int) -> None:
    """Limit the number of files that this process may open; the limit cannot be raised again."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


@contextmanager
def run(folder: Path, *arguments: str, files: int | None = None) -> Iterator[Running]:
    """Run the server with these arguments; ``files`` limits how many files its process may open."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "conformance.fakes", "serve", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": python_path()},
        preexec_fn=partial(limit_files, files) if files else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    environment, notes = {}, []
    try:
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                environment[name] = value.strip("'")
            else:
                notes.append(line.strip())
            if "Ctrl-C" in line:
                break
        yield Running(process, folder, environment, notes)
    finally:
        process.kill()
        process.communicate()
