"""Files for clients of the virtual tenant: a made-up connection, its files, and the variables to export."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import httpx

from conformance.connection import ClientSecret, Connection, Credential, ManagedIdentity
from conformance.fakes.credential_files import files_of
from conformance.fakes.made_up_credentials import certificate as made_up_certificate
from conformance.fakes.made_up_credentials import federated_token, pfx
from conformance.fakes.state.administrator import client_id_of, secret_of
from conformance.fakes.state.timeline import stable_id
from conformance.files.regular import write_private
from conformance.probing.clock import Clock

STORE_PASSWORD = "changeit"
"""Password of the key store for Java, which holds only the authority's certificate."""
CONNECTION = """\
# The virtual tenant's connection: made up, and of no use anywhere else.
[connection]
name = "{name}"
tenant_id = "{tenant_id}"
client_id = "{client_id}"
{credential}
subscription_id = "{subscription_id}"
resource_group = "{resource_group}"
workspace_id = "{workspace_id}"
workspace_name = "{workspace_name}"
"""


def made_up_connection() -> Connection:
    """Return a connection to the virtual tenant only, with a fresh secret."""
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
    """Return the client secret of a made-up connection."""
    assert isinstance(connection.credential, ClientSecret)
    return connection.credential.secret.reveal()


def others() -> dict[str, Credential]:
    """Return the additional credentials that a served tenant accepts, by the name of their file."""
    own = made_up_certificate()
    return {
        "certificate": own,
        "pfx": pfx(own),
        "federated": federated_token(Clock()),
        "managed-identity": ManagedIdentity(),
    }


def variables(connection: Connection, folder: Path | None = None) -> dict[str, str]:
    """Return a made-up connection as environment variables: those that begin with AZURE as Azure's SDKs read them.

    Credentials in files are given as paths in ``folder``.
    """
    values = {
        "AZURE_TENANT_ID": connection.tenant_id,
        "AZURE_CLIENT_ID": connection.client_id,
        "AZURE_SUBSCRIPTION_ID": connection.subscription_id,
        "AZURE_RESOURCE_GROUP": connection.resource_group,
        "WORKSPACE_ID": connection.workspace_id,
        "WORKSPACE_NAME": connection.workspace_name,
        "VIRTUAL_ADMINISTRATOR_ID": client_id_of(connection.tenant_id),
        "VIRTUAL_ADMINISTRATOR_SECRET": secret_of(connection.tenant_id),
    }
    if isinstance(connection.credential, ClientSecret):
        values["AZURE_CLIENT_SECRET"] = secret(connection)
    if folder is not None:
        for files in map(files_of, (*others().values(), connection.credential)):
            if files.path_variable is not None:
                values[files.path_variable] = str((folder / next(iter(files.contents))).resolve())
    return values


def java_trust_store(certificate: bytes) -> bytes:
    """Return a key store with which Java trusts an authority, given as PEM."""
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
    from cryptography.x509 import load_pem_x509_certificate

    authority = pkcs12.PKCS12Certificate(load_pem_x509_certificate(certificate), b"virtual tenant")
    return pkcs12.serialize_java_truststore([authority], BestAvailableEncryption(STORE_PASSWORD.encode()))


def java_options(proxy: str, store: Path) -> dict[str, str]:
    """Return the variable that makes Java virtual machines use a proxy and trust a key store."""
    url = httpx.URL(proxy)
    options = {
        "https.proxyHost": url.host,
        "https.proxyPort": url.port,
        "javax.net.ssl.trustStore": store.resolve(),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": STORE_PASSWORD,
    }
    return {"JAVA_TOOL_OPTIONS": " ".join(f"-D{name}={value}" for name, value in options.items())}


def exports(values: Mapping[str, str]) -> str:
    """Return the variables as lines for a POSIX shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


LEAVE = "leave_virtual_tenant"
"""The function that removes the variables from a shell."""


def powershell(values: Mapping[str, str]) -> str:
    """Return lines for PowerShell, and the function that removes the variables."""
    lines = [f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in values.items()]
    names = ", ".join(f"env:{name}" for name in values)
    return "\n".join([*lines, f"function {LEAVE} {{ Remove-Item {names} -ErrorAction SilentlyContinue }}", ""])


def leaving(values: Mapping[str, str]) -> str:
    """Return the same function for a POSIX shell."""
    return f"{LEAVE}() {{ unset {' '.join(values)}; }}\n"


def write(folder: Path, connection: Connection, environment: Mapping[str, str], certificate: bytes) -> None:
    """Write ``conn.toml``, and one for each other credential (``conn-certificate.toml`` ...), with their files,
    ``ca.pem`` and Java's ``ca.p12``, and ``environment`` and ``environment.ps1``, which a shell can read in.

    Those that hold a credential are for their owner only. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / "ca.pem", certificate)
    for kind, credential in others().items():
        _write(
            folder / f"conn-{kind}.toml", replace(connection, name=f"{connection.name}-{kind}", credential=credential)
        )
    _write(folder / "conn.toml", connection)
    store = folder / "ca.p12"
    write_private(store, java_trust_store(certificate))
    values = {**environment, **java_options(environment["HTTPS_PROXY"], store), **variables(connection, folder)}
    private(folder / "environment", exports(values) + leaving(values))
    private(folder / "environment.ps1", powershell(values))


def _write(path: Path, connection: Connection) -> None:
    """Write a connection file, and the files that it refers to."""
    files = files_of(connection.credential)
    for name, content in files.contents.items():
        private(path.parent / name, content)
    _connection(path, connection, files.lines)


def file(path: Path, connection: Connection, secret_file: str) -> None:
    """Write a connection file, which refers to the file of its secret."""
    _connection(path, connection, f'client_secret = "file:{secret_file}"')


def _connection(path: Path, connection: Connection, credential: str) -> None:
    private(path, CONNECTION.format(name=connection.name, credential=credential, **connection.facts()))


def private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner may read, replacing an existing one."""
    write_private(path, content.encode() if isinstance(content, str) else content)
