"""The virtual tenant over real sockets, under the host names of the services."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.fakes.network.server import Server, serving
from tests.fakes.echo_server import ARM, HOSTS, LOGIN, dial, direct, echo, read_answer, running


class TestAnswering:
    def test_through_the_proxy_under_the_service_s_own_name(self, client: httpx.Client) -> None:
        answer = client.post(
            f"https://{LOGIN}/tenant/oauth2/v2.0/token", content=b"grant_type=x", headers={"X-Mine": "1"}
        )
        request = answer.json()
        assert answer.status_code == 200
        assert request["method"] == "POST"
        assert request["url"] == f"https://{LOGIN}/tenant/oauth2/v2.0/token"
        assert request["body"] == "grant_type=x"
        assert request["headers"]["x-mine"] == "1"

    def test_the_host_header_selects_the_service_without_a_proxy(self, server: Server) -> None:
        answer = direct(server, b"GET /a HTTP/1.1\r\nHost: API.loganalytics.io:443\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"https://api.loganalytics.io/a" in answer

    def test_another_host_is_misdirected(self, server: Server) -> None:
        answer = direct(server, b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 421 ")

    def test_two_host_headers_are_refused(self, server: Server) -> None:
        hosts = f"Host: {ARM}\r\nHost: {LOGIN}\r\n".encode()
        assert direct(server, b"GET / HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 421 ")

    @pytest.mark.parametrize("target", ["example.com:443", f"{ARM}:80", f"{ARM}", "[::1]:443", "127.0.0.1:443"])
    def test_no_tunnel_to_elsewhere(self, server: Server, target: str) -> None:
        assert read_answer(server, f"CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).startswith(
            b"HTTP/1.1 403 "
        )

    def test_the_target_arrives_as_it_was_written(self, server: Server) -> None:
        target = b'/p%2Fq/r?$skipToken={"a":[1,"%7C"],"b":"x|y"}&$filter=a%20eq%20%27b%27'
        head = b"GET " + target + f" HTTP/1.1\r\nHost: {ARM}\r\nConnection: close\r\n\r\n".encode()
        request = json.loads(direct(server, head).partition(b"\r\n\r\n")[2])
        assert request["target"].encode() == target
        assert request["params"] == {"$skipToken": '{"a":[1,"|"],"b":"x|y"}', "$filter": "a eq 'b'"}
        assert httpx.URL(request["url"]).raw_path.startswith(b"/p%2Fq/r?$skipToken=")

    def test_a_target_that_is_not_a_url_is_refused(self, server: Server) -> None:
        head = f"GET /?{'a' * 70_000} HTTP/1.1\r\nHost: {ARM}\r\nConnection: close\r\n\r\n".encode()
        assert direct(server, head).startswith(b"HTTP/1.1 400 ")

    def test_headers_come_back_once_each_as_the_tenant_wrote_them(self, client: httpx.Client) -> None:
        answer = client.get(f"https://{ARM}/")
        assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert answer.headers.get_list("date") == ["Mon, 01 Jun 2026 10:00:00 GMT"]
        assert answer.headers.get_list("content-length") == [str(len(answer.content))]
        assert "server" not in answer.headers

    @pytest.mark.parametrize("status", [204, 304])
    def test_statuses_without_a_body_have_none(self, client: httpx.Client, status: int) -> None:
        answer = client.get(f"https://{ARM}/", headers={"X-Status": str(status)})
        assert (answer.status_code, answer.content) == (status, b"")
        assert client.get(f"https://{ARM}/").status_code == 200

    def test_head_has_the_headers_only(self, client: httpx.Client) -> None:
        answer = client.head(f"https://{ARM}/")
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) > 0

    def test_an_error_of_the_handler_is_a_plain_500_and_logged(
        self, client: httpx.Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = client.get(f"https://{ARM}/broken?sig=hidden", headers={"Authorization": "Bearer hidden"})
        assert answer.status_code == 500
        assert "no such state" not in answer.text
        assert "LookupError: no such state" in caplog.text
        assert "hidden" not in caplog.text
        assert client.get(f"https://{ARM}/").status_code == 200

    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_body_of_two_megabytes_is_refused(self, client: httpx.Client, chunked: bool) -> None:
        body: Any = iter([b"x" * 1000] * 2000) if chunked else b"x" * 2_000_000
        assert client.post(f"https://{ARM}/", content=body).status_code == 413
        assert client.get(f"https://{ARM}/").status_code == 200

    def test_a_chunked_body_arrives_whole(self, client: httpx.Client) -> None:
        request = client.post(f"https://{ARM}/", content=iter([b"ab", b"cd"])).json()
        assert request["body"] == "abcd"
        assert request["headers"]["content-length"] == "4"
        assert "transfer-encoding" not in request["headers"]

    def test_a_coded_body_arrives_decoded(self, client: httpx.Client, subtests: pytest.Subtests) -> None:
        raw = zlib.compressobj(wbits=-15)
        coded = {
            "gzip": gzip.compress(b"abcd"),
            "deflate": zlib.compress(b"abcd"),
            "Deflate": raw.compress(b"abcd") + raw.flush(),
            "deflate, gzip": gzip.compress(zlib.compress(b"abcd")),
            "identity": b"abcd",
        }
        for coding, body in coded.items():
            with subtests.test(coding):
                request = client.post(f"https://{ARM}/", content=body, headers={"Content-Encoding": coding}).json()
                assert request["body"] == "abcd"
                assert request["headers"]["content-length"] == "4"
                assert "content-encoding" not in request["headers"]

    def test_a_body_that_cannot_be_decoded_is_refused(self, client: httpx.Client, subtests: pytest.Subtests) -> None:
        for coding, body, status in (
            ("gzip", b"abcd", 400),
            ("gzip", gzip.compress(b"abcd")[:-6], 400),
            ("gzip", gzip.compress(b"x" * 2_000_000), 413),
            ("br", b"abcd", 415),
        ):
            with subtests.test(coding, status=status):
                answer = client.post(f"https://{ARM}/", content=body, headers={"Content-Encoding": coding})
                assert answer.status_code == status

    def test_http_2_is_sent_back_to_http_1(self) -> None:
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
        with serving(echo, HOSTS, control=echo) as server:
            for answer in (direct(server, preface), read_answer(server, preface)):
                settings, goaway = answer[:9], answer[9:]
                assert settings == bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
                assert goaway[:9] == bytes([0, 0, len(goaway) - 9, 7, 0, 0, 0, 0, 0])
                assert goaway[9:17] == bytes([0, 0, 0, 0, 0, 0, 0, 0xD])
                assert b"HTTP/1.1" in goaway[17:]


class TestClients:
    def test_curl_is_answered(self, server: Server) -> None:
        curl = shutil.which("curl")
        if curl is None:
            pytest.skip("curl is not installed")
        command = [curl, "--silent", "--show-error", "--max-time", "10", f"https://{ARM}/a?b=c"]
        process = subprocess.run(
            command, env=os.environ | server.environment, capture_output=True, text=True, check=False
        )
        assert process.stderr == ""
        assert json.loads(process.stdout)["url"] == f"https://{ARM}/a?b=c"

    def test_urllib_with_only_the_environment(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        opener = urllib.request.build_opener()  # urlopen would reuse another test's opener and its proxies
        with opener.open(f"https://{ARM}/a", timeout=60) as answer:
            assert json.load(answer)["url"] == f"https://{ARM}/a"

    def test_httpx_with_only_the_environment(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        assert httpx.get(f"https://{LOGIN}/").status_code == 200

    def test_other_authorities_are_not_trusted(self, server: Server) -> None:
        with httpx.Client(proxy=server.url) as client, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
            client.get(f"https://{ARM}/")

    def test_it_listens_on_loopback_only(self, server: Server) -> None:
        assert httpx.URL(server.url).host == "127.0.0.1"


class TestOptions:
    @pytest.mark.parametrize("latency", [0.15, lambda request: 0.15 if request.url.host == ARM else 0.0])
    def test_latency_delays_each_answer(self, latency: Any) -> None:
        async def ask() -> float:
            async with running(latency=latency) as (_, client):
                started = time.monotonic()
                await asyncio.gather(*(client.get(f"https://{ARM}/") for _ in range(5)))
                return time.monotonic() - started

        assert asyncio.run(ask()) >= 0.15

    def test_latency_does_not_delay_the_others(self) -> None:
        """One request waits for an hour; the others are answered."""

        async def ask() -> list[int]:
            async with running(latency=lambda request: 3600.0 if request.url.path == "/late" else 0.0) as (_, client):
                late = asyncio.create_task(client.get(f"https://{ARM}/late"))
                others = await asyncio.gather(*(client.get(f"https://{ARM}/") for _ in range(5)))
                assert not late.done()
                late.cancel()
                return [response.status_code for response in others]

        assert asyncio.run(ask()) == [200] * 5

    def test_latency_may_depend_on_the_request(self) -> None:
        async def ask() -> int:
            async with running(latency=lambda request: 60 if request.url.host == LOGIN else 0) as (_, client):
                return (await client.get(f"https://{ARM}/")).status_code

        assert asyncio.run(ask()) == 200

    def test_the_log_has_a_line_for_each_request_and_no_secrets(self, tmp_path: Path) -> None:
        path = tmp_path / "requests.jsonl"
        with serving(echo, HOSTS, log=path) as server:
            trust = ssl.create_default_context(cafile=server.ca_file)
            with httpx.Client(proxy=server.url, verify=trust) as client:
                client.post(f"https://{LOGIN}/t?sig=hidden", content="hidden", headers={"Authorization": "hidden"})
                client.get(f"https://{ARM}/broken")
            assert server.requests == 2
            text = path.read_text()  # while it runs
        first, second = map(json.loads, text.splitlines())
        assert list(first) == ["time", "method", "host", "path", "status", "duration_ms"]
        assert (first["method"], first["host"], first["path"], first["status"]) == ("POST", LOGIN, "/t", 200)
        assert second["status"] == 500
        assert "hidden" not in text

    def test_an_unwritable_log_does_not_prevent_the_answer(self, caplog: pytest.LogCaptureFixture) -> None:
        def full(line: str) -> None:
            raise OSError("no space left")

        async def ask() -> int:
            async with running(log=full) as (_, client):
                return (await client.get(f"https://{ARM}/")).status_code

        assert asyncio.run(ask()) == 200
        assert "no space left" in caplog.text

    def test_a_used_port_is_reported_at_once(self, server: Server) -> None:
        with pytest.raises(OSError, match="in use"), serving(echo, HOSTS, port=httpx.URL(server.url).port):
            pass

    @pytest.mark.parametrize("missing", ["uvicorn", "trustme", "httptools"])
    def test_a_missing_extra_is_named(self, missing: str) -> None:
        code = f"""
import asyncio, sys
sys.modules[{missing!r}] = None
from conformance.fakes.network.server import Server
async def start():
    async with Server(None, []):
        pass
asyncio.run(start())
"""
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert f"ImportError: the server needs {missing}: pip install 'sentinel-conformance[server]'" in process.stderr


class TestLoad:
    def test_200_concurrent_requests_over_kept_connections(self) -> None:
        async def ask() -> tuple[set[int], int]:
            async with running() as (server, client):
                client.timeout = httpx.Timeout(30)
                answers = await asyncio.gather(*(client.get(f"https://{ARM}/{i}") for i in range(200)))
                assert [answer.json()["url"] for answer in answers] == [f"https://{ARM}/{i}" for i in range(200)]
                return {answer.status_code for answer in answers}, server.requests

        assert asyncio.run(ask()) == ({200}, 200)

    def test_a_connection_is_kept(self, server: Server) -> None:
        trust = ssl.create_default_context(cafile=server.ca_file)
        request = f"GET / HTTP/1.1\r\nHost: {ARM}\r\n".encode()
        with dial(server) as sock, trust.wrap_socket(sock, server_hostname=ARM) as tls:
            tls.sendall((request + b"\r\n") * 2 + request + b"Connection: close\r\n\r\n")
            answers = b"".join(iter(lambda: tls.recv(65536), b""))
        assert answers.count(b"HTTP/1.1 200 OK") == 3
