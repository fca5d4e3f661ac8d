"""`sentinel-fakes serve` as users run it, with well-behaved and misbehaving clients."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from conformance.connection import load
from conformance.fakes.__main__ import main, many_files
from conformance.fakes.world import hosts
from tests.fakes_command import GRAPH, Running, run

pytestmark = pytest.mark.slow

MANY = 1000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with run(tmp_path_factory.mktemp("empty")) as running:
        yield running


class TestStarting:
    def test_it_prints_the_settings_of_clients(self, running: Running) -> None:
        assert running.environment.keys() >= {
            "HTTPS_PROXY",
            "https_proxy",
            "SSL_CERT_FILE",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
            "SENTINEL_CONTROL",
            "AZURE_TENANT_ID",
            "AZURE_CLIENT_ID",
            "AZURE_CLIENT_SECRET",
            "AZURE_SUBSCRIPTION_ID",
            "AZURE_RESOURCE_GROUP",
            "WORKSPACE_ID",
            "WORKSPACE_NAME",
        }
        assert any("--sentinel-config=virtual-tenant/conn.toml" in note for note in running.notes)

    def test_it_writes_a_connection_file_that_is_ready(self, running: Running) -> None:
        (connection,) = load(running.folder / "virtual-tenant" / "conn.toml")
        assert connection.tenant_id == running.environment["AZURE_TENANT_ID"]
        assert connection.workspace_id == running.environment["WORKSPACE_ID"]

    @pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
    @pytest.mark.parametrize("name", ["client.secret", "environment"])
    def test_the_secret_is_readable_by_its_owner_only(self, running: Running, name: str) -> None:
        file = running.folder / "virtual-tenant" / name
        assert running.environment["AZURE_CLIENT_SECRET"] in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_a_shell_can_read_the_environment_in(self, running: Running) -> None:
        script = '. virtual-tenant/environment && printf "%s" "$HTTPS_PROXY $AZURE_TENANT_ID"'
        process = subprocess.run(["sh", "-c", script], cwd=running.folder, capture_output=True, text=True, check=True)
        assert process.stdout == f"{running.environment['HTTPS_PROXY']} {running.environment['AZURE_TENANT_ID']}"

    def test_the_hosts_of_every_cloud_are_served_and_no_other(self, running: Running) -> None:
        with running.client() as client:
            for host in sorted(hosts()):
                assert client.get(f"https://{host}/nothing").status_code in (401, 501), host
            for host in ("example.com", "localhost", "portal.azure.com", f"{GRAPH}.example.com"):
                with pytest.raises(httpx.ProxyError, match="403"):
                    client.get(f"https://{host}/")

    def test_the_connection_file_follows_the_scenario(self, running: Running) -> None:
        control = running.environment["SENTINEL_CONTROL"]
        file = running.folder / "virtual-tenant" / "conn.toml"
        before = file.read_text()
        httpx.post(f"{control}/scenario", json={"name": "workspace-name-as-id"}, trust_env=False)
        assert 'workspace_id = "law-security"' in file.read_text()
        httpx.post(f"{control}/reset", json={}, trust_env=False)
        assert file.read_text() == before

    def test_all_options_work_together(self, tmp_path: Path) -> None:
        log = tmp_path / "requests.jsonl"
        options = ["--scenario=expired-secret", f"--log={log}", "--latency=0.05", "--jitter=0.05", "--folder=here"]
        with run(tmp_path, *options) as running:
            started = time.monotonic()
            assert running.answers()
            assert time.monotonic() - started > 0.05
            state = httpx.get(running.environment["SENTINEL_CONTROL"], trust_env=False).json()
        assert state["scenario"] == "expired-secret"
        assert state["latency"] == {"seconds": 0.05, "jitter": 0.05}
        assert (tmp_path / "here" / "conn.toml").exists()
        assert json.loads(log.read_text())["host"] == GRAPH

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--scenario=expired"], "ERROR: unknown scenario 'expired'"),
            (["--host=192.0.2.1"], "ERROR: "),
            (["--port=99999"], "ERROR: "),
            (["--folder=file/in"], "ERROR: "),
            (["--log=nowhere/log"], "ERROR: "),
        ],
    )
    def test_bad_usage_is_one_line_and_exit_code_4(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        arguments: list[str],
        says: str,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("file").touch()
        assert main(["serve", *arguments]) == 4
        out = capsys.readouterr()
        assert out.out == ""
        assert out.err.startswith(says)
        assert out.err.count("\n") == 1

    def test_a_used_port_is_reported(self, running: Running, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["serve", f"--port={running.address[1]}"]) == 4
        assert "address already in use" in capsys.readouterr().err


def ended_request_line(sock: socket.socket) -> None:
    sock.sendall(b"GET")


def nothing(sock: socket.socket) -> None:
    """Leave the connection unused."""


def half_a_tls_handshake(sock: socket.socket) -> None:
    sock.sendall(b"\x16\x03\x01\x02\x00\x01")


def a_tunnel(sock: socket.socket) -> None:
    sock.sendall(f"CONNECT {GRAPH}:443 HTTP/1.1\r\n\r\n".encode())
    assert sock.recv(100).startswith(b"HTTP/1.1 200 ")


def half_a_control_request(sock: socket.socket) -> None:
    sock.sendall(b"POST /control/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{")


OPENINGS = [nothing, ended_request_line, half_a_tls_handshake, a_tunnel, half_a_control_request]


class TestEnduring:
    @pytest.mark.parametrize("opening", OPENINGS, ids=lambda function: function.__name__)
    def test_it_answers_beside_a_thousand_idle_connections(
        self, running: Running, opening: Callable[[socket.socket], None]
    ) -> None:
        many_files()
        with ExitStack() as idle:
            for _ in range(MANY):
                opening(idle.enter_context(socket.create_connection(running.address, timeout=60)))
            assert running.answers()
        assert running.answers()

    def test_it_answers_beside_idle_clients_that_were_answered(self, running: Running) -> None:
        many_files()
        with ExitStack() as idle:
            for _ in range(MANY // 4):
                tls = idle.enter_context(running.dialled())
                tls.sendall(f"GET /v1.0/x HTTP/1.1\r\nHost: {GRAPH}\r\n\r\n".encode())
                assert tls.recv(65536).startswith(b"HTTP/1.1 401 ")
            assert running.answers()

    @pytest.mark.parametrize("size", [2_000_000, 50_000_000])
    def test_a_huge_body_is_refused_and_not_kept(self, running: Running, size: int) -> None:
        before = memory(running.process.pid)
        with running.client() as client:
            body = (b"x" * 100_000 for _ in range(size // 100_000))
            assert client.post(f"https://{GRAPH}/v1.0/x", content=body).status_code == 413
        assert running.answers()
        assert memory(running.process.pid) - before < 20_000_000

    def test_a_client_that_never_sends_its_body(self, running: Running) -> None:
        head = f"POST /v1.0/x HTTP/1.1\r\nHost: {GRAPH}\r\nContent-Length: 99\r\n\r\n"
        with running.dialled() as tls:
            for sign in head.encode():  # byte by byte
                tls.sendall(bytes([sign]))
            assert running.answers()
        assert running.answers()

    @pytest.mark.parametrize(
        "head",
        [
            b"GET /" + b"a" * 100_000,
            b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 100_000,
            b"POST / HTTP/1.1\r\nHost: graph.microsoft.com\r\nContent-Length: x\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: graph.microsoft.com\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: graph.microsoft.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\r\n\r\n\r\n\r\n",
            b"\x00" * 1000,
        ],
    )
    def test_malformed_requests(self, running: Running, head: bytes) -> None:
        with running.dialled() as tls:
            tls.sendall(head)
            tls.settimeout(0.3)
            try:
                data = tls.recv(65536)
            except (TimeoutError, ssl.SSLError, ConnectionError):
                data = b""
            assert not data or data.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
        assert running.answers()


class TestEnding:
    @pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
    def test_it_stops_with_open_connections(self, tmp_path: Path, by: signal.Signals) -> None:
        with run(tmp_path, "--latency=3600") as running, ExitStack() as open_ones:
            for opening in OPENINGS * 20:
                opening(open_ones.enter_context(socket.create_connection(running.address, timeout=60)))
            waiting = open_ones.enter_context(running.dialled())
            waiting.sendall(f"GET / HTTP/1.1\r\nHost: {GRAPH}\r\n\r\n".encode())
            code = running.interrupted(by)
            assert running.process.stderr is not None
            assert running.process.stderr.read() == ""
        assert code == 0


def memory(process: int) -> int:
    """Return the bytes that a process holds; 0 where this machine does not show them."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class TestFleet:
    def test_each_connection_is_answered_by_its_tenant(self, tmp_path: Path) -> None:
        with run(tmp_path, "--tenants=20", "--broken=10%", "--hanging=5%") as running, running.client() as client:
            folder = tmp_path / "virtual-tenant"
            troubled = json.loads((folder / "manifest.json").read_text())["troubled"]
            connections = load(folder / "connections")
            assert len(connections) == 20
            assert len(troubled) == 3
            for connection in connections:
                if connection.name not in troubled:
                    document = f"https://login.microsoftonline.com/{connection.tenant_id}/v2.0/.well-known/openid-configuration"
                    assert connection.tenant_id in client.get(document).json()["issuer"]

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (["--tenants=0"], "a fleet has one tenant or more"),
            (["--tenants=10", "--broken=60%", "--hanging=60%"], "add up to 1"),
            (["--broken=5%"], "shares of the tenants of --tenants"),
        ],
    )
    def test_an_impossible_fleet_is_reported_in_one_line(
        self, arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["serve", *arguments]) == 4
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("ERROR: ")
        assert problem in line
