"""Reading connection files: the connections of valid ones, and the messages for invalid ones."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.apis import graph, sentinel
from conformance.connection import (
    Certificate,
    ClientSecret,
    FederatedToken,
    Secret,
    load,
    load_files,
    template,
)
from tests.connection.connection_files import ENVIRONMENT, KEYS, REFERENCE, SECRET, TENANT, load_one, refused

# Valid files


def test_a_valid_file_is_read(write: Any) -> None:
    connection = load_one(write())
    assert connection.name == "conn"
    assert connection.tenant_id == TENANT
    assert connection.credential == ClientSecret(Secret(SECRET))
    assert connection.credential.secret.origin == "env:CONTOSO_SECRET"
    assert connection.cloud.name == "public"


def test_everything_optional_is_read(write: Any) -> None:
    connection = load_one(
        write(
            add='name = "contoso"\ncloud = "usgov-dod"\napis = ["sentinel"]\nsecret_expires = 2027-03-01\n'
            '[connection.expect]\nmax_incident_age = "7d"\nmax_data_age = "12h"\nmax_ingestion_delay = "30m"\n'
            "min_retention_days = 90\nmin_secret_days = 14\n"
        )
    )
    assert (connection.name, connection.cloud.name, connection.apis) == ("contoso", "usgov-dod", ("sentinel",))
    assert connection.secret_expires == date(2027, 3, 1)
    assert connection.expect.max_incident_age == timedelta(days=7)
    assert connection.expect.max_data_age == timedelta(hours=12)
    assert connection.expect.max_ingestion_delay == timedelta(minutes=30)
    assert (connection.expect.min_retention_days, connection.expect.min_secret_days) == (90, 14)


def test_a_profile_and_further_expectations_are_joined(write: Any) -> None:
    connection = load_one(
        write(
            add='profile = "elastic-m365-defender"\n[connection.expect]\n'
            'permissions = ["Machine.Read.All", "microsoft graph: Custom.Name.All"]\n'
            'actions = ["microsoft.securityinsights/INCIDENTS/write"]\n'
            'routes = ["Sentinel: get {sentinel}/incidents/{id}"]\n'
        )
    )
    assert connection.apis == ("sentinel", "graph", "defender")
    assert [str(permission) for permission in connection.needs.permissions] == [
        "Graph: SecurityIncident.Read.All",
        "Defender: Machine.Read.All",
        "Graph: Custom.Name.All",
    ]
    assert connection.needs.actions == ("Microsoft.SecurityInsights/incidents/write",)
    assert connection.calls(sentinel.INCIDENT)
    assert not connection.calls(sentinel.INCIDENTS)
    assert not connection.calls(graph.ALERTS)


def test_apis_restrict_those_of_a_profile(write: Any) -> None:
    connection = load_one(write(add='profile = "own"\napis = ["graph"]\n[connection.expect]\nroutes = ["Graph: *"]\n'))
    assert connection.apis == ("graph",)
    assert connection.calls(graph.ALERTS)


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(write: Any) -> None:
    path = write()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_one(path).tenant_id == TENANT


def test_a_file_can_contain_many_connections(write: Any) -> None:
    body = write().read_text().removeprefix("[connection]\n")
    path = write(add="")
    path.write_text(f'[[connection]]\nname = "a"\n{body}[[connection]]\nname = "b"\n{body}')
    assert [connection.name for connection in load([path], environ=ENVIRONMENT)] == ["a", "b"]


def test_each_file_of_a_folder_mounted_by_kubernetes_is_read_once(write: Any, tmp_path: Path) -> None:
    write(name="c/..2026_11_24/contoso.toml")
    (tmp_path / "c" / "..data").symlink_to("..2026_11_24")
    (tmp_path / "c" / "contoso.toml").symlink_to("..data/contoso.toml")
    assert [connection.name for connection in load(tmp_path / "c", environ=ENVIRONMENT)] == ["contoso"]


def test_files_of_folders_and_globs_are_read_once_and_in_order(write: Any, tmp_path: Path) -> None:
    for name in ("c/b.toml", "c/d/a.toml", "c/notes.txt"):
        write(name=name)
    folder = tmp_path / "c"
    for paths in ([folder], [f"{folder}/**/*.toml"], [folder, folder / "b.toml"]):
        assert [connection.name for connection in load(paths, environ=ENVIRONMENT)] == ["b", "a"]
    by_file = load_files(folder, environ=ENVIRONMENT)
    assert {path: [connection.name for connection in connections] for path, connections in by_file.items()} == {
        folder / "b.toml": ["b"],
        folder / "d" / "a.toml": ["a"],
    }


def test_the_path_of_a_certificate_is_relative_to_the_file(write: Any, certificate: Any, tmp_path: Path) -> None:
    (tmp_path / "app.pfx").write_bytes(certificate["pfx"])
    path = write((REFERENCE, 'certificate = "file:app.pfx"\ncertificate_password = "env:PASSWORD"'))
    assert isinstance(load_one(path).credential, Certificate)


@pytest.mark.parametrize("reference", ["env:TOKEN", "file:token", "a.b.c"])
def test_a_federated_token_is_read_again_for_each_use(write: Any, tmp_path: Path, reference: Any) -> None:
    (tmp_path / "token").write_text("a.b.c\n")
    credential = load_one(write((REFERENCE, f'federated_token = "{reference}"'))).credential
    assert isinstance(credential, FederatedToken)
    assert credential.token() == "a.b.c"
    assert "a.b.c" not in repr(credential)


def test_github_is_a_source_of_tokens(write: Any) -> None:
    assert load_one(write((REFERENCE, 'federated_token = "github"'))).credential.origin == "github"


@pytest.mark.parametrize("key", ["client_secret", "certificate", "federated_token"])
def test_without_credentials_references_are_not_resolved(write: Any, key: Any) -> None:
    path = write((REFERENCE, f'{key} = "env:NOT_THERE"'))
    assert load_one(path, credentials=False).tenant_id == TENANT


def test_the_filled_in_template_is_valid(tmp_path: Path) -> None:
    text = template()
    for key, value in {
        "tenant_id": TENANT,
        "client_id": "a9910000-0c0f-4c0f-a11c-000000000002",
        "subscription_id": "5b5c0000-0c0f-4c0f-a11c-000000000003",
        "resource_group": "rg",
        "workspace_id": "30a40000-0c0f-4c0f-a11c-000000000004",
        "workspace_name": "law",
    }.items():
        text = text.replace(f'{key} = ""', f'{key} = "{value}"')
    for optional in ("cloud", "apis", "secret_expires", r"\[connection\.expect", "max_", "min_"):
        text = re.sub(rf"^# ({optional})", r"\1", text, flags=re.M)
    path = tmp_path / "new.toml"
    path.write_text(text)
    (connection,) = load([path], environ={"SENTINEL_CLIENT_SECRET": SECRET})
    assert connection.expect.min_retention_days == 90


def test_the_unchanged_template_is_refused_for_its_missing_values(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    path.write_text(template())
    lines = refused(path, credentials=False)
    assert re.findall(r": (\w+): found '', expected a value", "\n".join(lines)) == KEYS


# Messages for invalid files


@pytest.mark.parametrize("key", [*KEYS, "client_secret"])
def test_a_misspelt_key_is_corrected_at_its_line(write: Any, key: Any) -> None:
    line = next(i for i, text in enumerate(write().read_text().splitlines(), 1) if text.startswith(f"{key} ="))
    wrong = key[:3] + key[2] + key[3:]
    lines = refused(write((f"{key} =", f"{wrong} =")))
    assert f"conn.toml:{line}: unknown key {wrong!r} (did you mean {key!r}?)" in lines


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('"a9910000-0c0f-4c0f-a11c-000000000002"', '"abc"'), "3: client_id: found 'abc' (a name), expected a GUID"),
        ((f'"{TENANT}"', '"common"'), "2: tenant_id: found 'common', which means many tenants"),
        ((f'"{TENANT}"', "5"), "2: tenant_id: found the number 5, expected a text in quotes"),
        ((f'"{TENANT}"', '" "'), "2: tenant_id: found ' ', expected a value"),
        ((f'tenant_id = "{TENANT}"\n', ""), "1: missing key 'tenant_id'"),
        ((f"{REFERENCE}\n", ""), "1: no credential: one of "),
        ((REFERENCE, f'{REFERENCE}\ncertificate = "file:x"'), "5: two credentials: client_secret and certificate"),
        (("env:CONTOSO_SECRET", "env:NOT_THERE"), "4: client_secret: environment variable NOT_THERE is not set"),
        (("env:CONTOSO_SECRET", "file:app.secret"), "4: client_secret: file app.secret cannot be read"),
        ((REFERENCE, 'certificate = "file:conn.toml"'), "4: certificate: file:conn.toml: no private key"),
        (('"30a40000-0c0f-4c0f-a11c-000000000004"', '"law"'), "7: workspace_id: found 'law' (a name)"),
    ],
)
def test_a_wrong_value_is_reported_with_line_and_key(write: Any, change: Any, expected: Any) -> None:
    lines = refused(write(change))
    assert any(line.startswith(f"conn.toml:{expected}") for line in lines), lines


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ('cloud = "publik"', "9: cloud: found 'publik', expected one of public, "),
        ('apis = ["graf"]', "9: apis: found 'graf', expected one of log_analytics, "),
        ("apis = []", "9: apis: found a list, expected a list of "),
        ('secret_expires = "soon"', "9: secret_expires: found 'soon', expected a date such as 2027-03-01"),
        ("secret_expires = 2027-03-01T00:00:00Z", "9: secret_expires: found a date with a time, expected a date"),
        ('expect = {max_data_age = "1 day"}', "9: expect.max_data_age: found '1 day', expected a duration"),
        (
            "[connection.expect]\nmin_secret_days = -1",
            "10: expect.min_secret_days: found the number -1, expected a whole",
        ),
        ('[connection.expect]\nmax_dat_age = "1d"', "10: unknown key 'max_dat_age' (did you mean 'max_data_age'?)"),
        ('[conection]\nname = "x"', "9: unknown key 'conection' (did you mean 'connection'?)"),
        ('profile = "xsoar-sentinl"', "9: profile: found 'xsoar-sentinl', expected one of airmdr, "),
        ('profile = "own"', "9: profile: 'own' needs [connection.expect] with permissions, actions or routes"),
        (
            '[connection.expect]\npermissions = ["Graph: SecurityAlert.Read.Al"]',
            "10: expect.permissions: found 'Graph: SecurityAlert.Read.Al', expected an application permission of"
            " Microsoft Graph (did you mean 'SecurityAlert.Read.All'?)",
        ),
        (
            '[connection.expect]\npermissions = "Graph: SecurityAlert.Read.All"',
            "10: expect.permissions: found 'Graph: SecurityAlert.Read.All', expected a list of application permissions",
        ),
        (
            '[connection.expect]\nactions = ["Microsoft.SecurityInsights/incident/write"]',
            "10: expect.actions: found 'Microsoft.SecurityInsights/incident/write', expected an Azure action such as"
            " 'Microsoft.SecurityInsights/incidents/read' (did you mean 'Microsoft.SecurityInsights/incidents/write'?)",
        ),
        (
            '[connection.expect]\nroutes = ["Graph: GET /v1.0/security/incident"]',
            "10: expect.routes: found 'Graph: GET /v1.0/security/incident', expected a read of Microsoft Graph that"
            " this suite knows (did you mean 'Graph: GET /v1.0/security/incidents'?)",
        ),
        ('[connection.expect]\nroutes = ["Graph: PATCH /v1.0/security/incidents/{id}"]', "10: expect.routes: found "),
        ("[connection.expect]\nactions = [1]", "10: expect.actions: found the number 1, expected a text"),
        ("x = " + "1" * 5000, " no valid TOML: a number is too long"),
        ("name = 0x" + "f" * 5000, "9: name: found a number of more than 64 bits, expected a text in quotes"),
        ("name = ", "9: name: no quotes around the value; put it into "),
        ("apis = ", "9: no valid TOML: Invalid value, column "),
        ("x = " + "[" * 5000, " no valid TOML: nested too deeply"),
    ],
)
def test_a_wrong_added_line_is_reported_with_its_number(write: Any, added: Any, expected: Any) -> None:
    lines = refused(write(add=added + "\n"))
    assert any(line.startswith(f"conn.toml:{expected}") for line in lines), lines


def test_malformed_ids_end_with_their_cause(write: Any) -> None:
    assert refused(write((f'"{TENANT}"', '"common"')))[0].endswith(" [tenant_malformed]")


def test_all_problems_of_all_files_are_reported_at_once(write: Any, tmp_path: Path) -> None:
    first = write((TENANT, "common"), ("rg-security", "rg."), name="a.toml")
    second = write(("law-security", "-"), name="b.toml")
    lines = refused(first, second, tmp_path / "gone.toml")
    assert [line.split(": ")[0] for line in lines] == ["a.toml:2", "a.toml:6", "b.toml:8", "gone.toml"]


def test_a_duplicate_name_is_reported_with_both_places(write: Any) -> None:
    lines = refused(write(add='name = "x"\n', name="a.toml"), write(add='name = "x"\n', name="b.toml"))
    assert lines == ["b.toml:9: name: 'x' is also the name of the connection at a.toml:9"]


def test_each_of_many_connections_needs_a_name(write: Any) -> None:
    assert refused(write(("[connection]", "[[connection]]"))) == ["conn.toml:1: missing key 'name'"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "conn.toml: no table [connection]; --sentinel-init=FILE writes a file to start from"),
        (b"connection = 1", "conn.toml:1: connection: found the number, expected a table"),
        (b"\n\xff", "conn.toml:2: is no text in UTF-8"),
        (b"\x00", "conn.toml: is a binary file, no TOML"),
        (b"#" * (1024 * 1024 + 1), "conn.toml: is larger than 1 MB"),
    ],
    ids=["empty", "no table", "no UTF-8", "binary", "large"],
)
def test_a_file_that_is_not_a_connection_file_is_an_error(tmp_path: Path, content: Any, line: Any) -> None:
    path = tmp_path / "conn.toml"
    path.write_bytes(content)
    assert refused(path) == [line]


def test_paths_without_files_are_reported(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    lines = refused(tmp_path / "gone.toml", tmp_path / "empty", f"{tmp_path}/*.tml")
    assert {line.partition(": ")[0].split("/")[-1]: line.partition(": ")[2] for line in lines} == {
        "gone.toml": "cannot be read: No such file or directory",
        "empty": "no *.toml file in this folder",
        "*.tml": "no file matches",
    }
