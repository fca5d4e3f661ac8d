"""A served tenant with certificates and federated tokens: its own, and those given on the command line."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import httpx
import jwt
import pytest

from conformance import verify
from conformance.connection import SecretError, load
from conformance.fakes import SCENARIOS, build, identities
from conformance.fakes.__main__ import main
from conformance.fakes.controllable import ControllableTenant
from conformance.fakes.identity_provider import VirtualProvider, new_key
from conformance.fakes.made_up_credentials import certificate, pfx
from tests.contoso import START, made_up
from tests.fakes.token_requests import with_assertion
from tests.fakes_command import Running, run

CHECKS = ["AUTH-003", "AUTH-010", "SENT-001", "GRAPH-001"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with run(tmp_path_factory.mktemp("identities")) as running:
        yield running


class TestServing:
    """The command line, and the suite over real sockets."""

    pytestmark = pytest.mark.slow

    @pytest.mark.parametrize("kind", ["conn", "conn-certificate", "conn-pfx", "conn-federated"])
    def test_each_connection_file_works(
        self, running: Running, kind: str, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
    ) -> None:
        for name in ("HTTPS_PROXY", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, running.environment[name])
        (connection,) = load(running.folder / "virtual-tenant" / f"{kind}.toml")
        report = verify(connection)
        assert report.ok, report.verdict.summary
        with subtests.test("after the control has taken it away"):
            control = running.environment["SENTINEL_CONTROL"]
            httpx.post(f"{control}/scenario", json={"name": BROKEN[kind]}, trust_env=False)
            try:
                broken = verify(connection, checks=CHECKS)
            finally:
                httpx.post(f"{control}/reset", json={}, trust_env=False)
            assert [root_cause.root.check for root_cause in broken.verdict.root_causes] == ["AUTH-003"]

    @pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
    def test_credentials_are_readable_by_their_owner_only(self, running: Running) -> None:
        for name in ("client.pem", "client.pfx", "client.pfx.password", "federated.token"):
            assert stat.S_IMODE((running.folder / "virtual-tenant" / name).stat().st_mode) == 0o600

    def test_the_environment_has_the_variables_of_azure_sdks(self, running: Running) -> None:
        for name in ("AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"):
            assert Path(running.environment[name]).is_file()

    def test_a_scenario_sets_the_credential_of_the_connection(self, tmp_path: Path) -> None:
        with run(tmp_path, "--scenario=certificate-expired"):
            assert 'certificate = "file:client.pem"' in (tmp_path / "virtual-tenant" / "conn.toml").read_text()

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["--certificate=nowhere.pem"], "nowhere.pem"),
            (["--issuer=https://issuer.example"], "--issuer and --subject belong together"),
            (["--issuer-keys=keys.json"], "--issuer-keys are those of --issuer"),
        ],
    )
    def test_bad_usage_is_one_line(self, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["serve", *arguments]) == 4
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("ERROR: ")
        assert says in line


def test_changes_of_identities_end_with_their_scenario(subtests: pytest.Subtests) -> None:
    stage = ControllableTenant(made_up(), start=START, identities=identities.made_up())
    healthy = deepcopy((stage.state.app.certificates, stage.state.app.federated))
    for scenario in SCENARIOS.values():
        if scenario.credential is not None:
            with subtests.test(scenario.name):
                stage.switch(scenario.name)
                stage.reset()
                assert (stage.state.app.certificates, stage.state.app.federated) == healthy


BROKEN = {
    "conn": "expired-secret",
    "conn-certificate": "certificate-unknown",
    "conn-pfx": "certificate-expired",
    "conn-federated": "federated-subject",
}
"""A scenario in which the credential of a connection file is refused."""


def test_changes_of_a_tenant_end_with_it() -> None:
    registered = identities.made_up()
    first, second = (build(made_up(), start=START).tenant for _ in range(2))
    registered.add_to(first)
    first.app.certificates[-1].ends = START
    first.app.federated[-1].subject = "another"
    registered.add_to(second)
    assert second.app.certificates[-1].ends > START
    assert second.app.federated[-1].subject != "another"


def test_a_given_certificate_is_accepted(tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The certificate is PEM without the key, PEM with the key, or PFX."""
    own = certificate()
    files = {
        "public": (own.msal()["public_certificate"].encode(), None),
        "PEM": (own.content, None),
        "PFX": (pfx(own, "x").content, "x"),
    }
    for name, (content, password) in files.items():
        with subtests.test(name):
            path = tmp_path / name
            path.write_bytes(content)
            (parsed_certificate,) = identities.parse_identities(path, password).certificates
            assert parsed_certificate.sha256 == identities.key_credential_of(own).sha256
    with subtests.test("a wrong password"), pytest.raises(SecretError):
        identities.parse_identities(tmp_path / "PFX", "another")
    (tmp_path / "none").write_text("none")
    with subtests.test("no certificate at all"), pytest.raises(SecretError):
        identities.parse_identities(tmp_path / "none")


def test_a_given_provider_is_trusted(tmp_path: Path) -> None:
    provider = VirtualProvider("https://issuer.example", "k1", new_key())
    document = {"keys": [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(provider.key.public_key())), "kid": "k1"}]}
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(document))
    trusted = identities.parse_identities(issuer=provider.issuer, subject="repo:own", keys=keys)
    world = build(made_up(), start=START, identities=trusted)
    assert with_assertion(world, provider.token(START, sub="repo:own")) == (200, 0)
    stranger = VirtualProvider(provider.issuer, "k1", new_key())
    assert with_assertion(world, stranger.token(START, sub="repo:own")) == (401, 7000272)
    keys.write_text("[]")
    with pytest.raises(ValueError, match="no JSON Web Key Set"):
        identities.parse_identities(issuer=provider.issuer, subject="repo:own", keys=keys)
