"""The control interface of a served virtual tenant: its orders, its access rules, and the refusal of bad orders."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.fakes import SCENARIOS
from conformance.fakes.clients import Client
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.network.control import ORDERS, Control
from conformance.fakes.network.served import ServedTenant, serve_tenant
from conformance.fakes.network.tunnel import Tunnel
from tests.contoso import START, made_up

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def control() -> Control:
    return Control(ControllableTenant(made_up(), start=START))


def send(control: Control, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    request = httpx.Request(method, f"http://localhost{path}", content=content, headers=JSON | headers)
    return asyncio.run(control.handler(request))


class TestOrders:
    def test_the_state_names_everything_that_is_arranged_and_no_secret(self, control: Control) -> None:
        answer = send(control, "GET", "/control")
        state = answer.json()
        assert state["scenario"] == "healthy"
        assert state["scenarios"] == list(SCENARIOS)
        assert state["connection"]["tenant_id"] == made_up().tenant_id
        assert "canary" not in answer.text

    def test_a_scenario_is_switched(self, control: Control) -> None:
        assert send(control, "POST", "/control/scenario", {"name": "no-licence+table-missing"}).status_code == 200
        assert control.stage.scenario == "no-licence+table-missing"
        assert not control.stage.state.defender.active

    def test_a_fault_is_set_and_shown(self, control: Control) -> None:
        answer = send(control, "POST", "/control/fault", {"name": "service-down", "times": 3})
        assert answer.json()["faults"] == [{"name": "service-down", "times": 3, "met": 0}]

    def test_an_api_is_throttled(self, control: Control) -> None:
        send(control, "POST", "/control/throttle", {"api": "graph", "times": 2, "seconds": 9})
        (disturbance,) = control.stage.world.disturbances
        assert (disturbance.api, disturbance.times) == ("graph", 2)

    def test_answers_are_delayed(self, control: Control) -> None:
        send(control, "POST", "/control/latency", {"seconds": 0.25, "jitter": 0.5})
        assert (control.stage.latency, control.stage.jitter) == (0.25, 0.5)

    def test_a_reset_forgets_everything(self, control: Control) -> None:
        send(control, "POST", "/control/scenario", {"name": "no-licence"})
        send(control, "POST", "/control/latency", {"seconds": 1})
        send(control, "POST", "/control/fault", {"name": "service-down"})
        control.note("{}")
        state = send(control, "POST", "/control/reset").json()
        assert (state["scenario"], state["faults"], state["requests"]) == ("healthy", [], 0)
        assert state["latency"] == {"seconds": 0.0, "jitter": 0.0}

    def test_the_request_log_is_given_as_lines_of_json(self, control: Control) -> None:
        control.note('{"n": 1}')
        control.note('{"n": 2}')
        answer = send(control, "GET", "/control/requests")
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        assert [json.loads(line) for line in answer.text.splitlines()] == [{"n": 1}, {"n": 2}]

    def test_lines_go_to_the_log_of_the_server_too(self) -> None:
        lines: list[str] = []
        Control(ControllableTenant(made_up()), lines.append).note("{}")
        assert lines == ["{}"]


class TestBadOrders:
    @pytest.mark.parametrize(
        ("path", "body", "says"),
        [
            ("scenario", {"name": "expired-secrets"}, "did you mean 'expired-secret'?"),
            ("scenario", {}, "missing required field `name`"),
            ("scenario", {"name": 1}, "Expected `str`"),
            ("scenario", {"nmae": "healthy"}, "unknown field `nmae`"),
            ("scenario", b"\xff", "JSON"),
            ("scenario", [], "Expected `object`"),
            ("fault", {"name": "healthy"}, "not a fault"),
            ("fault", {"name": "service-down", "times": 0}, ">= 1"),
            ("throttle", {"api": "sharepoint"}, "unknown API 'sharepoint'"),
            ("latency", {"seconds": -1}, ">= 0"),
            ("latency", {"seconds": 1e9}, "<= 300"),
            ("latency", {"seconds": "soon"}, "Expected `float`"),
            ("reset", {"name": "healthy"}, "unknown field `name`"),
        ],
    )
    def test_bad_orders_are_refused_in_one_line_and_change_nothing(
        self, control: Control, path: str, body: Any, says: str
    ) -> None:
        before = control.state()
        answer = send(control, "POST", f"/control/{path}", body)
        assert answer.status_code == 400
        assert says in answer.json()["error"]
        assert "\n" not in answer.json()["error"]
        assert control.state() == before

    @settings(max_examples=25)
    @given(st.binary(max_size=200) | st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.text()))
    @pytest.mark.parametrize("path", sorted(ORDERS))
    def test_any_body_gets_an_answer(self, path: str, body: Any) -> None:
        control = Control(ControllableTenant(made_up(), start=START))
        assert send(control, "POST", path, body).status_code in (200, 400)

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
    def test_requests_that_any_web_page_can_send_are_refused(self, control: Control, kind: str) -> None:
        answer = send(control, "POST", "/control/scenario", {"name": "no-licence"}, **{"Content-Type": kind})
        assert answer.status_code == 415
        assert control.stage.scenario == "healthy"

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "/"), ("GET", "/control/scenario"), ("DELETE", "/control"), ("OPTIONS", "/control/reset")],
    )
    def test_an_unknown_path_gets_the_list_of_paths(self, control: Control, method: str, path: str) -> None:
        answer = send(control, method, path)
        assert answer.status_code == 404
        assert "POST /control/scenario" in answer.json()["error"]


@pytest.fixture(scope="module")
def stage() -> Iterator[ServedTenant]:
    with serve_tenant() as stage:
        yield stage


class TestOverSockets:
    @pytest.fixture
    def client(self, stage: ServedTenant) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=stage.server.url, trust_env=False) as client:
            yield client

    def test_it_answers_on_the_server_s_own_port(self, stage: ServedTenant, client: httpx.Client) -> None:
        answer = client.post("/control/scenario", json={"name": "no-licence"})
        assert answer.json()["scenario"] == stage.scenario == "no-licence"

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.0.2.1", ""])
    def test_a_page_with_a_rebound_name_gets_no_answer(
        self, stage: ServedTenant, client: httpx.Client, host: str
    ) -> None:
        stage.switch("healthy")
        answer = client.post("/control/scenario", json={"name": "no-licence"}, headers={"Host": host})
        assert answer.status_code == 421
        assert stage.scenario == "healthy"

    @pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "LOCALHOST"])
    def test_this_machine_has_several_names(self, client: httpx.Client, host: str) -> None:
        assert client.get("/control", headers={"Host": host}).status_code == 200

    def test_the_services_are_not_answered_in_plain_http(self, stage: ServedTenant, client: httpx.Client) -> None:
        assert client.get("/v1.0/security/alerts_v2", headers={"Host": "graph.microsoft.com"}).status_code == 421
        url = httpx.URL(stage.server.url)
        with socket.create_connection((url.host, url.port), timeout=60) as sock:
            sock.sendall(b"GET http://graph.microsoft.com/ HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n")
            assert sock.recv(65536).startswith(b"HTTP/1.1 501 ")

    def test_a_server_without_control_does_not_answer_it(self) -> None:
        from conformance.fakes.network.server import serving

        with serving(lambda request: None, ["graph.microsoft.com"]) as server:  # type: ignore[arg-type, return-value]
            assert httpx.get(f"{server.url}/control", trust_env=False).status_code == 501
            assert "SENTINEL_CONTROL" not in server.environment

    def test_other_machines_are_refused(self) -> None:
        async def control(sock: socket.socket, client: Client) -> None:
            raise AssertionError("this is for this machine")

        async def greeted(peer: str) -> Any:
            reader = asyncio.StreamReader()
            reader.feed_data(b"GET /control HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return await Tunnel(frozenset(), control, plain=control)._greet(reader, peer)

        assert asyncio.run(greeted("192.0.2.7")).status == 403
        assert asyncio.run(greeted("fe80::1%eth0")).status == 403
        assert asyncio.run(greeted("127.0.0.1")).serve is control
        assert asyncio.run(greeted("::1")).serve is control

    def test_the_log_has_the_requests_and_no_secret(self, stage: ServedTenant, client: httpx.Client) -> None:
        client.post("/control/reset", json={})
        with httpx.Client(
            proxy=stage.server.url, verify=ssl.create_default_context(cafile=stage.server.ca_file)
        ) as through:
            through.get("https://graph.microsoft.com/v1.0/x?sig=hidden", headers={"Authorization": "Bearer hidden"})
        lines = client.get("/control/requests").text
        assert [json.loads(line)["path"] for line in lines.splitlines()] == ["/v1.0/x"]
        assert "hidden" not in lines
