"""Recording with the command line of users: live over TLS, a cassette per connection, replayed without network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance.fakes import build
from conformance.fakes.network.server import Server
from conformance.recording import cassette
from conformance.recording.cassette import INTERACTIONS, MANIFEST, Manifest
from conformance.recording.leaks.scan import leaks
from tests.contoso import FILE, SECRET, made_up
from tests.python_path import python_path
from tests.recording.tenants import Tenant

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]


def file_of(name: str) -> str:
    """Return the content of a connection file for a connection of this name."""
    return f'{FILE}name = "{name}"\n'


@pytest.fixture
def online(server: Server, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that brings the network up, with the tenant in a scenario."""

    def up(scenario: str = "healthy") -> None:
        tenant.world = build(made_up(), scenario)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)

    return up


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs pytest in a folder with a connection file; the network is down until ``online``."""
    monkeypatch.setenv("CONTOSO_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PYTHONPATH", python_path())
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (pytester.path / "conn.toml").write_text(file_of("contoso"))

    def run(*arguments: str, config: str | None = "conn.toml") -> pytest.RunResult:
        config_option = [f"--sentinel-config={config}"] if config else []
        plugins = ("-p", "conformance.plugin", "-p", "no:randomly", "-p", "no:cacheprovider")
        return pytester.runpytest_subprocess(*plugins, *config_option, *arguments)

    return run


def manifest(folder: Path) -> Manifest:
    return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)


@pytest.mark.parametrize(("scenario", "code"), [("healthy", 0), ("no-azure-role", 1)])
def test_a_recording_replays_without_network_and_credential(
    run: Run,
    online: Callable[[str], None],
    scenario: str,
    code: int,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as network:
        online(scenario)
        recorded = run("--record-mode=once")
        assert recorded.ret == code, recorded.stdout.str()
        recorded.stdout.fnmatch_lines(["cassettes/contoso: recorded; read it before you share it"])
        network.undo()
    texts = {path.name: path.read_text() for path in (pytester.path / "cassettes" / "contoso").iterdir()}
    assert texts.keys() == {INTERACTIONS, MANIFEST}
    assert leaks(texts, own_values=[SECRET]) == []

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("CONTOSO_SECRET", raising=False)
    for where, config in (("cassette", "conn.toml"), ("cassette:contoso", None)):
        replayed = run(f"--sentinel-source={where}", "--sentinel-report=out", config=config)
        assert replayed.ret == code, replayed.stdout.str()
        report = msgspec.json.decode((pytester.path / "out" / "report.json").read_bytes())
        assert {check["id"]: check["outcome"] for check in report["connections"][0]["checks"]} == {
            check.id: check.outcome for check in manifest(pytester.path / "cassettes" / "contoso").checks
        }


def test_record_modes_keep_extend_or_replace_a_cassette(
    run: Run, online: Callable[[str], None], pytester: pytest.Pytester
) -> None:
    online("healthy")
    folder = pytester.path / "cassettes" / "contoso"
    assert run("--record-mode=once", "-k", "LA-001").ret == 0
    first = manifest(folder)
    assert [check.id for check in first.checks] == ["LA-001"]

    again = run("--record-mode=once", "-k", "LA-001")
    again.stdout.fnmatch_lines(["cassettes/contoso: replayed; --record-mode=rewrite records it anew"])
    assert manifest(folder) == first

    run("--record-mode=new_episodes", "-k", "LA-001")
    assert manifest(folder) == first
    run("--record-mode=new_episodes", "-k", "LA-001 or LA-002")
    assert {check.id for check in manifest(folder).checks} == {"LA-001", "LA-002"}

    online("expired-secret")
    assert run("--record-mode=all", "-k", "LA-001").ret == 1
    assert manifest(folder).verdict == "nonconformant"


def test_a_failure_of_the_network_is_recorded_too(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--record-mode=rewrite").ret == 6
    assert manifest(pytester.path / "cassettes" / "contoso").exit_code == 6
    replayed = run("--sentinel-source=cassette")
    assert replayed.ret == 6
    replayed.stdout.fnmatch_lines(["*proxy_failed*"])


def test_two_connections_are_recorded_one_after_the_other(
    run: Run, online: Callable[[str], None], pytester: pytest.Pytester
) -> None:
    online("healthy")
    (pytester.path / "other.toml").write_text(file_of("fabrikam"))
    result = run("--sentinel-config=other.toml", "--record-mode=all", "--sentinel-cassettes=kept", "-k", "LA-001")
    assert result.ret == 0, result.stdout.str()
    assert cassette.names(pytester.path / "kept") == ["contoso", "fabrikam"]
    assert (
        manifest(pytester.path / "kept" / "contoso").requests == manifest(pytester.path / "kept" / "fabrikam").requests
    )
    assert run("--sentinel-source=cassette", "--sentinel-cassettes=kept", config=None).ret == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--record-mode=once", "--sentinel-source=fake"), "goes with --sentinel-source=live alone"),
        (("--record-mode=all", "--sentinel-source=cassette"), "goes with --sentinel-source=live alone"),
        (("--record-mode=all", "-n", "2"), "a recording is made in one process"),
        (("--sentinel-source=cassette",), "cassettes/contoso: no such cassette"),
        (("--sentinel-source=cassette:../contoso",), "is no name of a cassette"),
        (("--sentinel-source=cassettes",), "unknown source 'cassettes'"),
    ],
)
def test_options_that_contradict_each_other_are_an_error_of_one_line(
    run: Run, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments)
    assert result.ret == 4
    errors = [line for line in result.errlines if line.strip()]
    assert len(errors) == 1
    assert errors[0].startswith("ERROR: ")
    assert says in errors[0]


def test_a_connection_name_that_is_a_path_is_refused(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "conn.toml").write_text(file_of("../elsewhere"))
    result = run("--record-mode=all")
    assert result.ret == 4
    assert "'../elsewhere' is no name of a cassette" in "".join(result.errlines)


def test_a_damaged_cassette_is_an_error_before_any_request(
    run: Run, online: Callable[[str], None], pytester: pytest.Pytester, tenant: Tenant
) -> None:
    online("healthy")
    damaged = pytester.path / "cassettes" / "contoso" / INTERACTIONS
    damaged.parent.mkdir(parents=True)
    damaged.write_text('{"schema": "sent')
    for arguments in (("--record-mode=once",), ("--sentinel-source=cassette",)):
        result = run(*arguments)
        assert result.ret == 4
        assert "cassettes/contoso" in "".join(result.errlines)
    assert not tenant.world.requests
    assert damaged.read_text() == '{"schema": "sent'


def test_a_recording_that_leaks_is_not_written(
    run: Run, online: Callable[[str], None], pytester: pytest.Pytester
) -> None:
    """The scrubber is broken here, so only the scan can prevent the leak."""
    online("healthy")
    pytester.makeini("[pytest]")  # without this file, conftest.py of the folder would not be read
    pytester.makeconftest(
        """
        from conformance.recording.scrubber import Scrubber

        Scrubber.mail = lambda self, value: value
        Scrubber.host = lambda self, value: value
        """
    )
    result = run("--record-mode=once")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["ERROR: cassettes/contoso: the recording is discarded, nothing was written:"])
    assert not (pytester.path / "cassettes").exists()
    assert SECRET not in result.stdout.str()
