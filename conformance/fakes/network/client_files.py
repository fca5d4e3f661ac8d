"""What clients of the virtual tenant are given: a made-up connection, its files, and the variables to export."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from conformance.connection import ClientSecret, Connection
from conformance.fakes.state.timeline import stable_id
from conformance.regular_file import write_private

CONNECTION = """\
# The virtual tenant's connection: made up, and of no use anywhere else.
[connection]
name = "{name}"
tenant_id = "{tenant_id}"
client_id = "{client_id}"
client_secret = "file:{secret}"
subscription_id = "{subscription_id}"
resource_group = "{resource_group}"
workspace_id = "{workspace_id}"
workspace_name = "{workspace_name}"
"""


def made_up_connection() -> Connection:
    """A connection to nowhere but the virtual tenant, with a fresh secret."""
    return Connection(
        name="virtual",
        tenant_id=stable_id("virtual", "tenant"),
        client_id=stable_id("virtual", "client"),
        client_secret=secrets.token_urlsafe(30),
        subscription_id=stable_id("virtual", "subscription"),
        resource_group="rg-security",
        workspace_id=stable_id("virtual", "workspace"),
        workspace_name="law-security",
    )


def secret(connection: Connection) -> str:
    """The client secret of a made-up connection."""
    assert isinstance(connection.credential, ClientSecret)
    return connection.credential.secret.reveal()


def variables(connection: Connection) -> dict[str, str]:
    """A made-up connection as environment variables: the first three as Azure's SDKs read them."""
    return {
        "AZURE_TENANT_ID": connection.tenant_id,
        "AZURE_CLIENT_ID": connection.client_id,
        "AZURE_CLIENT_SECRET": secret(connection),
        "AZURE_SUBSCRIPTION_ID": connection.subscription_id,
        "AZURE_RESOURCE_GROUP": connection.resource_group,
        "WORKSPACE_ID": connection.workspace_id,
        "WORKSPACE_NAME": connection.workspace_name,
    }


def exports(values: Mapping[str, str]) -> str:
    """Lines for a POSIX shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def write(folder: Path, connection: Connection, environment: Mapping[str, str], certificate: bytes) -> None:
    """Writes ``conn.toml``, ``client.secret``, ``ca.pem`` and ``environment``, which a shell can read in.

    Those that hold the secret are for their owner only. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / "ca.pem", certificate)
    file(folder / "conn.toml", connection, "client.secret")
    private(folder / "client.secret", secret(connection))
    private(folder / "environment", exports({**environment, **variables(connection)}))


def file(path: Path, connection: Connection, secret_file: str) -> None:
    """Writes a connection file, which refers to the file of its secret."""
    text = CONNECTION.format(name=connection.name, secret=secret_file, **connection.facts())
    private(path, text)


def private(path: Path, text: str) -> None:
    """A file for its owner only, made anew."""
    write_private(path, text.encode())
