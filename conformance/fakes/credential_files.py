"""A credential as files, for connection files and Azure's SDKs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.connection import Certificate, ClientSecret, Credential, ManagedIdentity


@dataclass(frozen=True)
class CredentialFiles:
    """``keys`` are the lines of a connection file, ``contents`` the files that they name, relative to it."""

    keys: Mapping[str, str | bool]
    contents: Mapping[str, bytes] = field(repr=False)
    path_variable: str | None = None
    """The environment variable in which Azure's SDKs expect the path of the first file."""

    @property
    def lines(self) -> str:
        """Return the keys as TOML."""
        return "\n".join(f"{key} = {json.dumps(value)}" for key, value in self.keys.items())


def files_of(credential: Credential) -> CredentialFiles:
    """Return the files of a credential; a federated token is fetched for it."""
    if isinstance(credential, ClientSecret):
        content = {"client.secret": credential.secret.reveal().encode()}
        return CredentialFiles({"client_secret": "file:client.secret"}, content)
    if isinstance(credential, ManagedIdentity):
        return CredentialFiles({"managed_identity": True}, {})
    if isinstance(credential, Certificate):
        name = "client.pem" if credential.password is None else "client.pfx"
        keys: dict[str, str | bool] = {"certificate": f"file:{name}"}
        contents = {name: credential.content}
        if credential.password is not None:
            keys["certificate_password"] = f"file:{name}.password"
            contents[f"{name}.password"] = credential.password.reveal().encode()
        return CredentialFiles(keys, contents, None if credential.password else "AZURE_CLIENT_CERTIFICATE_PATH")
    name = "federated.token"
    return CredentialFiles(
        {"federated_token": f"file:{name}"}, {name: credential.token().encode()}, "AZURE_FEDERATED_TOKEN_FILE"
    )
