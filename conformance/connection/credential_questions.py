"""The questions of an interview for each kind of credential, and the resulting lines of the connection file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.connection.connection_table import CREDENTIALS
from conformance.connection.credential import Certificate
from conformance.connection.credential_keys import MANY_SECRETS, VARIABLE
from conformance.connection.dialogue import answer, choice, client_secret, hidden
from conformance.connection.secret import Secret, SecretError, read


@dataclass
class Credential:
    """The lines of a file for a credential, and the files that they refer to: texts by name."""

    lines: list[str]
    files: dict[str, str] = field(default_factory=dict)


def kind_of_credential() -> str:
    """Ask for the kind of credential, and return its key. The default is a client secret."""
    return choice("credential", ", ".join(CREDENTIALS), CREDENTIALS, CREDENTIALS[0])


def ask_for(kind: str, stem: str, folder: Path, client_id: str) -> Credential:
    """Ask for the credential of a kind (a key of the connection file), and return it.

    ``stem`` begins the names of new files; ``folder`` contains these and the certificate. Raises
    :class:`InterviewError` if no valid answer is given.
    """
    return _KINDS[kind](stem, folder, client_id)


def _secret(stem: str, folder: Path, client_id: str) -> Credential:
    name = f"{stem}.secret"
    text = hidden("client_secret", "client secret, its Value (not shown): ", client_secret)
    return Credential([f'client_secret = "file:{name}"'], {name: text})


def _secrets(stem: str, folder: Path, client_id: str) -> Credential:
    files: dict[str, str] = {}
    while len(files) < MANY_SECRETS:
        number = len(files) + 1
        end = "" if number <= 2 else "; Enter: no more"
        prompt = f"client secret {number}, its Value (not shown{end}): "
        text = hidden("client_secrets", prompt, client_secret, needed=number <= 2)
        if not text:
            break
        files[f"{stem}-{number}.secret"] = text
    references = ", ".join(f'"file:{name}"' for name in files)
    return Credential([f"client_secrets = [{references}]"], files)


def _certificate(stem: str, folder: Path, client_id: str) -> Credential:
    contents: dict[str, bytes] = {}

    def readable(path: str) -> str | None:
        try:
            contents[path] = read(path, folder)
        except SecretError as error:
            return f"certificate: {error}"
        return None

    path = answer("certificate", "the file with key and certificate, PEM or PFX", readable)

    def opens(password: str) -> str | None:
        secret = Secret(password, "the password") if password else None
        try:
            Certificate(contents[path], "certificate", secret).check()
        except SecretError as error:
            return str(error)
        return None

    lines = [f"certificate = {json.dumps(f'file:{path}')}"]
    if opens("") is None:
        return Credential(lines)
    name = f"{stem}.password"
    password = hidden("certificate_password", "password of the certificate (not shown): ", opens)
    return Credential([*lines, f'certificate_password = "file:{name}"'], {name: password})


def _federated(stem: str, folder: Path, client_id: str) -> Credential:
    def reference(text: str) -> str | None:
        if text == "github" or VARIABLE.fullmatch(text) or text.removeprefix("file:").strip() not in ("", text):
            return None
        return "federated_token: github, env:NAME or file:PATH"

    where = "who gives the token: github (in GitHub Actions), env:NAME or file:PATH"
    return Credential([f"federated_token = {json.dumps(answer('federated_token', where, reference, 'github'))}"])


def _managed(stem: str, folder: Path, client_id: str) -> Credential:
    value = f'{{ client_id = "{client_id}" }}' if client_id else "true"
    return Credential([f"managed_identity = {value}"])


def _workload(stem: str, folder: Path, client_id: str) -> Credential:
    return Credential(["workload_identity = true"])


_KINDS: Mapping[str, Callable[[str, Path, str], Credential]] = {
    "client_secret": _secret,
    "client_secrets": _secrets,
    "certificate": _certificate,
    "federated_token": _federated,
    "managed_identity": _managed,
    "workload_identity": _workload,
}
LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "managed_identity": {"client_id": "the system-assigned identity"},
    "workload_identity": {"tenant_id": "as AKS says", "client_id": "as AKS says"},
}
"""Values that a kind of credential does not need, and the meaning without them."""
