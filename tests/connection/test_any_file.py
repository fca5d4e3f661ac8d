"""Any connection file is loaded or refused, and no message shows a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance.connection import (
    ConnectionFileError,
    load,
)
from tests.connection.connection_files import KEYS, REFERENCE, SECRET, TENANT, refused

# Any file

anything = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
VALUE = st.sampled_from(
    [
        '"x"',
        "1",
        "true",
        "[]",
        "{}",
        "1.5",
        "2027-03-01",
        "10:00:00",
        '["graph", 1]',
        '"env:"',
        '"file:\\u0000"',
        "nan",
        "0x" + "f" * 4000,
    ]
)


@anything
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
@example(b"[[connection]]\n[connection]")
@example(b"[connection.expect.x]")
def test_any_bytes_are_loaded_or_refused(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes(content)
    with pytest.raises(ConnectionFileError):
        load([path], environ={})


@anything
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *KEYS,
                "name",
                "client_secret",
                "certificate",
                "certificate_password",
                "federated_token",
                "cloud",
                "apis",
                "secret_expires",
                "expect",
                "other",
            ]
        ),
        VALUE,
    )
)
@example({"cloud": "0x" + "f" * 4000, "apis": "[0x" + "f" * 4000 + "]"})
def test_any_value_of_any_key_is_loaded_or_refused(tmp_path: Path, row: Any) -> None:
    path = tmp_path / "any.toml"
    path.write_text("[connection]\n" + "".join(f"{key} = {value}\n" for key, value in row.items()))
    with pytest.raises(ConnectionFileError):
        load([path], environ={})


@pytest.mark.parametrize(
    "line",
    [
        'client_secret = "{}"',
        'client_secret = "env:{}"',
        'client_secret = ["{}"]',
        'client_secret = "{}',
        "client_secret = {}",
        'client_secret = "{}"\ncertificate = "{}"',
        'client_secert = "{}"',
        'certificate = "{}"',
        'certificate = "file:conn.toml"\ncertificate_password = "{}"',
        'federated_token = "env:{}"',
        'client_secret = {{ value = "{}" }}',
    ],
)
def test_a_secret_is_in_no_message(write: Any, line: Any) -> None:
    path = write((REFERENCE, line.replace("{}", SECRET).replace("{{", "{").replace("}}", "}")), (TENANT, "common"))
    assert "canary" not in "\n".join(refused(path))
