"""Real proxies on loopback in front of the served virtual tenant; proxies.toml describes them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import trustme

from conformance.fakes import world
from conformance.fakes.network.served import ServedTenant
from tests.network.relay import relay

DESCRIPTIONS = Path(__file__).with_name("proxies.toml")
START = 60.0
"""Seconds until a proxy must listen."""


@dataclass(frozen=True)
class Situation:
    """A proxy with a configuration, and the finding that it must cause; ``cause`` is empty if all must work.

    ``settings`` are environment variables; in all texts, ``@name@`` is replaced by a value that :func:`running` knows.
    """

    proxy: str
    name: str
    cause: str
    behaviour: str
    """The behaviour of the proxy, for docs/proxies.md."""
    program: str = ""
    package: str = ""
    arguments: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    """A command that must run first."""
    files: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    """Words of the explanation or of the fix."""
    silent: bool = False
    """Nothing is ever answered: a test must wait for its timeouts."""
    hosts: str = ""
    """The address to which the proxy resolves the services: it runs in a namespace with another /etc/hosts. At
    ``TENANT``, the served tenant answers.
    """
    reset_after: int | None = None
    """The number of bytes of answers after which a relay between client and proxy resets the connection."""

    @property
    def id(self) -> str:
        return f"{self.proxy}-{self.name}"

    @property
    def missing(self) -> str | None:
        """Return the reason why this machine cannot run the situation, or None."""
        needed = (self.program, *self.prepare[:1])
        missing = next((program for program in needed if program and not shutil.which(program, path=PATH)), None)
        if missing:
            return f"{missing} is not installed (Debian package {self.package})"
        return "no namespace with an own /etc/hosts on this machine" if self.hosts and not _own_hosts() else None


PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


TENANT = "127.0.0.2"
OWN_HOSTS = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"')
"""A command prefix; its arguments are a file and a program with arguments, which gets the file as /etc/hosts."""


@cache
def _own_hosts() -> bool:
    if not shutil.which("unshare", path=PATH):
        return False
    return subprocess.run([*OWN_HOSTS, "/dev/null", "true"], capture_output=True).returncode == 0


@cache
def situations() -> tuple[Situation, ...]:
    return tuple(_described())


def _described() -> Iterator[Situation]:
    for proxy, row in tomllib.loads(DESCRIPTIONS.read_text(encoding="utf-8")).items():
        for name, situation in row["situations"].items():
            yield Situation(
                proxy,
                name,
                situation["cause"],
                situation["seen"],
                row.get("program", ""),
                row.get("package", ""),
                (*row.get("arguments", ()), *situation.get("arguments", ())),
                tuple(row.get("prepare", ())),
                _files(row, situation),
                {**row["settings"], **situation.get("settings", {})},
                tuple(situation.get("says", ())),
                situation.get("silent", False),
                situation.get("hosts", ""),
                situation.get("reset_after"),
            )


def _files(row: Mapping[str, Any], situation: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a situation by name; proxy.conf consists of ``configuration`` and its ``extra`` lines."""
    configuration = situation.get("configuration", row.get("configuration", "")) + situation.get("extra", "")
    return {"proxy.conf": configuration, **row.get("files", {}), **situation.get("files", {})}


@contextmanager
def running(situation: Situation, tenant: ServedTenant) -> Iterator[dict[str, str]]:
    """Run the proxy of a situation in front of a served tenant; yield the environment that leads through the proxy."""
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder, _silent() as silent, ExitStack() as stack:
        Path(folder).chmod(0o755)  # squid drops the rights of root
        values = {
            "folder": folder,
            "name": f"p{uuid.uuid4().hex[:12]}",
            "port": str(_free_port()),
            "closed": str(_free_port()),
            "silent": str(silent),
            "upstream": tenant.server.url.rpartition(":")[2],
            "ca": str(tenant.server.ca_file),
        }
        upstream = int(values["upstream"])
        if situation.reset_after is not None:
            values["resetting"] = str(stack.enter_context(relay(upstream, reset_after=situation.reset_after)))
        if situation.hosts == TENANT:
            stack.enter_context(relay(upstream, TENANT, 443))
        for name, text in situation.files.items():
            Path(folder, name).write_text(_filled(text, values), encoding="utf-8")
        _certificates(Path(folder), tenant.server.ca_file.read_bytes())
        settings = {name: _filled(value, values) for name, value in situation.settings.items()}
        if not situation.program:
            yield settings
            return
        program = shutil.which(situation.program, path=PATH)
        assert program is not None
        if situation.prepare:
            Path(folder, "certificates").mkdir()
            subprocess.run(
                [_filled(argument, values) for argument in situation.prepare], check=True, capture_output=True
            )
            for path in Path(folder, "certificates").rglob("*"):
                path.chmod(0o777)
        command = [program, *(_filled(argument, values) for argument in situation.arguments)]
        if situation.hosts:
            Path(folder, "hosts").write_text(
                "".join(f"{situation.hosts} {host}\n" for host in world.hosts()), encoding="utf-8"
            )
            command = [*OWN_HOSTS, f"{folder}/hosts", *command]
        with Path(folder, "output").open("wb") as output:
            process = subprocess.Popen(
                command, cwd=folder, stdout=output, stderr=output, env={"PATH": PATH, "HOME": folder}
            )
        try:
            _await(process, int(values["port"]), Path(folder, "output"))
            yield settings
        finally:
            process.kill()  # on SIGTERM, squid takes two seconds to end
            process.wait()
            for left in Path("/dev/shm").glob(f"{values['name']}-*"):  # left by squid
                left.unlink(missing_ok=True)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _certificates(folder: Path, tenant: bytes) -> None:
    """Write ``server.pem``, key and certificate of a proxy with TLS; ``authority.pem``, key and certificate of its
    authority; ``both.pem``, the certificates of that authority and of the tenant's.
    """
    authority = trustme.CA(organization_name="Example Company")
    server = authority.issue_cert("localhost", "127.0.0.1")
    folder.joinpath("server.pem").write_bytes(server.private_key_and_cert_chain_pem.bytes())
    folder.joinpath("authority.pem").write_bytes(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    folder.joinpath("both.pem").write_bytes(authority.cert_pem.bytes() + tenant)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _silent() -> Iterator[int]:
    """Yield the port of a listener that accepts connections and never sends anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield listener.getsockname()[1]


def _await(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    ends = time.monotonic() + START
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the proxy does not listen: {output.read_text(errors='replace')[-2000:]}")
