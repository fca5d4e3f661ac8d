"""Notifications: sent through apprise to a receiver on this machine."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest

from conformance.connection.secret import Secret
from conformance.outputs.notify import NotifyError, addresses, body, send, worth_telling
from conformance.outputs.summary import ConnectionsSummary
from conformance.report.comparison import run_of
from conformance.report.document import with_comparison
from conformance.report.model import Document
from tests.contoso import SECRET
from tests.pytest_plugin.test_plugin import folder
from tests.pytest_plugin.test_plugin import run as run_pytest
from tests.report.documents import RUNS, run

__all__ = ["folder"]
TOKEN = "hook-token-0123456789"


def notify(address: Secret, document: Document) -> str | None:
    """Send the notification of a run over a few connections; return the problem, or None."""
    message = ConnectionsSummary(document).message()
    assert message is not None
    return send(address, *message)


class Receiver(HTTPServer):
    """A webhook that records the notifications that it receives."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.notifications: list[dict[str, str]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/{TOKEN}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.notifications.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_notification_has_the_verdict_and_the_fix_without_evidence(receiver: Receiver) -> None:
    document = run(*RUNS["one-fault"])
    assert notify(Secret(receiver.address), document) is None
    (notification,) = receiver.notifications
    assert notification["title"] == "Sentinel: contoso does not work"
    assert (
        "RBAC-001 rbac_role_missing, Azure administrator: Assign Microsoft Sentinel Reader" in notification["message"]
    )
    proof = document.connections[0].root_causes[0].evidence
    assert proof
    assert proof.request_id
    assert not any(text in json.dumps(notification) for text in (SECRET, proof.request_id, "https://management"))


def test_a_notification_lists_only_connections_in_trouble(receiver: Receiver) -> None:
    notify(Secret(receiver.address), run(*RUNS["five-connections"]))
    (notification,) = receiver.notifications
    assert notification["title"] == "Sentinel: 4 of 5 connections work"
    assert "customer-02: " in notification["message"]
    assert "customer-01: " not in notification["message"]


def test_a_name_cannot_mention_users_or_channels(receiver: Receiver) -> None:
    document = run(*RUNS["one-fault"])
    (connection,) = document.connections
    renamed = msgspec.structs.replace(connection, name="<!channel> @everyone\x1b[2J")
    notify(Secret(receiver.address), msgspec.structs.replace(document, connections=(renamed,)))
    assert not {"<", "@", "\x1b"} & set(receiver.notifications[0]["title"] + receiver.notifications[0]["message"])


def test_a_refused_notification_is_one_line_without_the_address(receiver: Receiver) -> None:
    receiver.status = 500
    document = run(*RUNS["one-fault"])
    problem = notify(Secret(receiver.address), document)
    assert problem == "--sentinel-notify: the address given did not take the notification"
    assert notify(Secret(receiver.address, "env:HOOK"), document) == (
        "--sentinel-notify: env:HOOK did not take the notification"
    )


@pytest.mark.parametrize(
    ("name", "worth"), [("healthy", False), ("one-fault", True), ("everything-down", True), ("five-connections", True)]
)
def test_only_failures_are_notified(name: str, worth: bool) -> None:
    assert worth_telling(run(*RUNS[name])) is worth


@pytest.mark.parametrize(("before", "worth"), [("healthy", False), ("no-azure-role", True)])
def test_changes_are_notified(before: str, worth: bool) -> None:
    document = with_comparison(run("healthy"), run_of(run(before)))
    assert worth_telling(document) is worth
    assert ("- passing: RBAC-001: passed, was rbac_role_missing" in "\n".join(body(document))) is worth


def test_an_address_is_given_by_reference_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text(f"json://127.0.0.1/{TOKEN}\n")
    secrets = addresses(["env:HOOK", f"file:{tmp_path}/hook"], {"HOOK": f"json://127.0.0.1/{TOKEN}"})
    assert [address.reveal().strip() for address in secrets] == [f"json://127.0.0.1/{TOKEN}"] * 2
    assert TOKEN not in repr(secrets)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("env:HOOK", "environment variable HOOK is not set"),
        (f"nonsense://{TOKEN}", "the address given is no address that apprise knows"),
        (TOKEN, "the address given is no address that apprise knows"),
    ],
)
def test_the_error_about_an_unusable_address_does_not_show_it(reference: str, message: str) -> None:
    with pytest.raises(NotifyError) as raised:
        addresses([reference], {})
    assert str(raised.value) == f"--sentinel-notify: {message}"


def test_without_the_extra_the_error_has_the_command_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotifyError, match=r"pip install 'sentinel-conformance\[notify\]'"):
        addresses([f"json://127.0.0.1/{TOKEN}"], {})


@pytest.mark.slow
def test_a_failed_notification_is_a_warning_and_does_not_change_the_run(
    folder: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setenv("HOOK", receiver.address)
    receiver.status = 500
    result = run_pytest(pytester, "--sentinel-notify=env:HOOK", "--sentinel-report=out", scenario="expired-secret")
    assert result.ret == 1
    assert receiver.notifications[0]["title"] == "Sentinel: contoso does not work"
    result.stdout.fnmatch_lines(["WARNING: --sentinel-notify: env:HOOK did not take the notification"])
    texts = "".join(path.read_text() for path in (folder / "out").iterdir())
    assert TOKEN not in result.stdout.str() + result.stderr.str() + texts


@pytest.mark.slow
def test_an_address_that_cannot_be_used_is_bad_usage(folder: Path, pytester: pytest.Pytester) -> None:
    result = run_pytest(pytester, f"--sentinel-notify=nonsense://{TOKEN}")
    assert result.ret == 4
    assert TOKEN not in result.stdout.str() + result.stderr.str()
