"""A secret that a service, a proxy or a file returns is in no output, in no form."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from conformance.connection import ConnectionFileError, load
from conformance.fleet.task import ConnectionRef, read
from conformance.redaction import clean, clean_logs, hide, remember, remember_environment
from conformance.redaction.register import REGISTER, Register
from conformance.results.journal import Journal, JournalError
from conformance.sources.base import SourceError
from conformance.sources.resolve import source
from conformance.verification.baseline import BaselineError
from conformance.verification.baseline import read as read_baseline
from tests.contoso import FILE
from tests.redaction.planted import AREAS, CANARY, HOSTS, PAIRS, Planted, encodings, leaks, outputs

MAX_FAULTS = {"entra": 8, "arm": 40, "log_analytics": 30, "graph": 8, "defender": 6}
"""The largest number of answers of each host in a run, and of secrets that the run knows."""


@pytest.mark.slow
def test_no_answer_of_a_service_brings_a_secret_into_an_output(subtests: pytest.Subtests) -> None:
    """Each of five hosts, in each of twelve places and eleven encodings: 660 answers; each pair has its own secret."""
    texts = [pair.text for pair in PAIRS]
    for api, host in HOSTS.items():
        first = 0
        while first < len(PAIRS):
            passes = (
                ("openid-configuration",) if first and api == "entra" else () if api == "entra" else (HOSTS["entra"],)
            )
            planted = Planted(host, texts, first, passes=passes)
            REGISTER.clear()
            for pair in PAIRS[first : first + MAX_FAULTS[api]]:
                remember(pair.secret)
            contents = outputs(planted, areas=AREAS[api] if first else ())
            assert 0 < planted.count <= MAX_FAULTS[api]
            pairs = PAIRS[first : first + planted.count]
            leaked = sorted(leaks(contents, *(pair.secret for pair in pairs)))
            for pair in pairs:
                with subtests.test(api=api, place=pair.place, form=pair.form):
                    assert [leak for leak in leaked if leak[0] == pair.secret] == []
            first += planted.count


def test_without_the_redaction_the_canaries_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of this module can fail: without the code that removes known secrets, they find them."""
    monkeypatch.setattr(Register, "hide", lambda self, data: data)
    contents = outputs(Planted(HOSTS["arm"], [pair.text for pair in PAIRS]))
    leaking = {output for _, output, _ in leaks(contents, *(pair.secret for pair in PAIRS))}
    assert {"report.json", "report.html", "summary.md", "connections.jsonl", "task of a cluster"} <= leaking
    assert any(output.startswith("terminal") for output in leaking)


@pytest.mark.parametrize("form", encodings(CANARY).values(), ids=encodings(CANARY))
def test_every_form_is_removed_at_any_offset(form: str) -> None:
    remember(CANARY)
    for before in range(9):
        assert form.lower() not in hide(f"{'x' * before} {form} and more").lower()


FIELDS = ("tenant_id", "client_id", "subscription_id", "resource_group", "workspace_id", "workspace_name")
PASTED = "Zk7vPq3nXw9tRb5yLm2dHs8fGc4jTe6a"
WRONG = {
    **{name: FILE.replace(f"\n{name} = ", f'\n{name} = "{PASTED}" #') for name in FIELDS},
    "name": FILE.replace("[connection]", f'[connection]\nname = "{PASTED}"'),
    "cloud": FILE + f'cloud = "{PASTED}"\n',
    "apis": FILE + f'apis = ["{PASTED}"]\n',
    "expiry": FILE + f'secret_expires = "{PASTED}"\n',
    "quoted key": FILE + f'"{PASTED}" = 1\n',
    "bare key": FILE + f"{PASTED} = 1\n",
    "key twice": FILE + f"{PASTED} = 1\n{PASTED} = 2\n",
    "no TOML": FILE + f"{PASTED}\n",
    "table": FILE + f"[{PASTED}]\n",
    "table twice": FILE + f"[{PASTED}]\n[{PASTED}]\n",
    "expectation": FILE + f'[connection.expect]\nmax_data_age = "{PASTED}"\n',
    "key of an expectation": FILE + f'[connection.expect]\n"{PASTED}" = "1d"\n',
    "file:": FILE.replace("env:CONTOSO_SECRET", f"file:{PASTED}"),
    "env:": FILE.replace("env:CONTOSO_SECRET", f"env:{PASTED}"),
    "file of a certificate": FILE.replace('client_secret = "env:CONTOSO_SECRET"', f'certificate = "file:{PASTED}"'),
    "token of a provider": FILE.replace('client_secret = "env:CONTOSO_SECRET"', f'federated_token = "env:{PASTED}"'),
    "certificate": FILE.replace('client_secret = "env:CONTOSO_SECRET"', f'certificate = "{PASTED}"'),
    "password of nothing": FILE + f'certificate_password = "{PASTED}"\n',
    "certificate and secret": FILE + f'certificate = "{PASTED}"\n',
}


def test_a_secret_in_a_wrong_place_of_the_file_is_not_shown(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for where, text in WRONG.items():
        file = tmp_path / "conn.toml"
        file.write_text(text, encoding="utf-8")
        for pasted in (PASTED, "abc8Q~Zk7vPq3nXw9tRb5yLm2dHs8fGc4jTe6a", "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9"):
            file.write_text(text.replace(PASTED, pasted), encoding="utf-8")
            if pasted == PASTED and where in ("resource_group", "workspace_name", "name"):
                continue  # it is a possible value of this key
            with subtests.test(where, pasted=pasted[:3]):
                with pytest.raises(ConnectionFileError) as caught:
                    load(file, environ={"CONTOSO_SECRET": "a-secret-that-is-right-0001"})
                assert pasted[:12] not in str(caught.value)
                _, (trouble,) = read([ConnectionRef(str(file), "contoso")])  # as by a worker of a cluster
                assert pasted[:12] not in trouble.text


def test_a_secret_in_a_wrong_place_of_the_file_is_described_by_its_kind(tmp_path: Path) -> None:
    file = tmp_path / "conn.toml"
    file.write_text(WRONG["tenant_id"].replace(PASTED, "abc8Q~Zk7vPq3nXw9tRb5yLm2dHs8fGc4jTe6a"), encoding="utf-8")
    with pytest.raises(ConnectionFileError, match=r"conn\.toml:2: tenant_id: found what looks like a client secret"):
        load(file, environ={"CONTOSO_SECRET": "a-secret-that-is-right-0001"})


@pytest.mark.parametrize(
    "text",
    [
        f'[[accept]]\ncheck = "{PASTED}"\nreason = "x"\nexpires = 2027-01-01\n',
        f'[[accept]]\ncheck = "AUTH-001"\nreason = "x"\nexpires = "{PASTED}"\n',
        f'[[accept]]\ncheck = "AUTH-001"\ncause = "{PASTED}"\nreason = "x"\nexpires = 2027-01-01\n',
        f'[[accept]]\n"{PASTED}" = "AUTH-001"\n',
        f'"{PASTED}" = 1\n',
    ],
)
def test_a_secret_in_a_baseline_is_not_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "baseline.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError) as caught:
        read_baseline(file)
    assert PASTED not in str(caught.value)


def test_a_secret_in_a_source_or_a_damaged_journal_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        source(PASTED)
    assert PASTED not in str(caught.value)
    journal = tmp_path / "connections.jsonl"
    journal.write_text(f'{{"name": "{PASTED}", "started": "{PASTED}"}}\n', encoding="utf-8")
    remember(PASTED)
    with pytest.raises(JournalError, match="line 1 is damaged") as damaged:
        Journal(journal).finished({"contoso": "1"})
    assert PASTED not in clean(str(damaged.value))


@pytest.mark.parametrize(
    "address",
    [
        "http://user:{}@proxy.example:8080",
        '"http://user:{}@proxy.example:8080"',
        "user:{}@proxy.example:8080",
        " http://user:{}@proxy.example",
        "socks5://user:{}@x",
        "http://user:{}@h@ost:99999",
    ],
)
def test_the_password_of_a_proxy_is_removed_in_any_form_of_the_variable(address: str) -> None:
    remember_environment({"https_proxy": address.format("p%40ssw0rd-XyZ-12")})
    hidden = hide("p%40ssw0rd-XyZ-12 p@ssw0rd-XyZ-12 " + address.format("p%40ssw0rd-XyZ-12"))
    assert "ssw0rd" not in hidden
    assert "proxy" in hidden or "proxy" not in address


def test_logs_of_libraries_contain_no_secrets_and_no_commands(caplog: pytest.LogCaptureFixture) -> None:
    remember(CANARY)
    library = logging.getLogger("httpcore.proxy")
    with caplog.at_level(logging.DEBUG), clean_logs():
        library.debug("sent %s", CANARY)
        library.debug("::set-output name=x::%s", CANARY)
        library.debug("bad %d", CANARY)
        try:
            raise ValueError(CANARY)
        except ValueError:
            library.exception("raised")
    assert CANARY not in caplog.text
    assert not [line for record in caplog.records for line in record.getMessage().splitlines() if line.startswith("::")]
    assert logging.getLogRecordFactory() is logging.LogRecord
