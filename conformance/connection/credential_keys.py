"""The credential of a connection table: one of six keys, resolved."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from conformance.connection.connection_table import CREDENTIALS, OPTIONAL, ConnectionTable, comment_hint
from conformance.connection.connection_table import KEYS as KEYS_OF_FILE
from conformance.connection.credential import Certificate, ClientSecret, Credential, FederatedToken, github_token
from conformance.connection.managed_identity import SELECTORS, ManagedIdentity, find_identity
from conformance.connection.secret import Secret, SecretError, read, resolve
from conformance.connection.values import A_GUID, id_problem
from conformance.redaction import describe, name_of, remember
from conformance.toml_file.document import did_you_mean, kind

VARIABLE = re.compile(r"env:(?P<name>[A-Za-z_]\w*)")
"""A reference to an environment variable, with a valid name for a shell."""
TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"
"""The variable in which AKS gives the path of a workload's token."""
MANY_SECRETS = 10
"""Maximum number of client secrets: each takes its own token request."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the form of its value. ``expected`` describes valid values; ``fits`` returns whether a value is
    valid.
    """

    expected: str
    fits: Callable[[object], bool]
    resolved: Callable[[ConnectionTable, Any], Credential]


def read_credential(entry: ConnectionTable) -> Credential | None:
    """Return the credential of a table. For an unusable one, add a problem to the file and return None."""
    keys = [key for key in CREDENTIALS if key in entry.row]
    if not keys:
        if any(get_close_matches(key, CREDENTIALS, 1, 0.8) for key in entry.row if key not in KEYS_OF_FILE):
            return None  # a misspelt key, which is a problem of its own
        hints = [hint for key in CREDENTIALS if key not in OPTIONAL and (hint := comment_hint(entry, key))]
        entry.add_problem("name", f"no credential: one of {', '.join(CREDENTIALS)} is needed{''.join(hints)}")
        entry.file.keys["client_secret"] = False
        return None
    if len(keys) > 1:
        text = f"two credentials: {' and '.join(keys)}; one is needed"
        both = (
            "client_secrets = [...] holds several secrets" if set(keys) <= {"client_secret", "client_secrets"} else ""
        )
        entry.file.add_problem("; ".join(filter(None, (text, both))), entry.line(keys[1]))
        return None
    key = keys[0]
    if "certificate_password" in entry.row and key != "certificate":
        entry.add_problem("certificate_password", "certificate_password: there is no certificate that it could open")
    value = entry.row[key]
    if not KEYS[key].fits(value):
        bare = " (true has no quotes)" if isinstance(value, str) and value.strip().lower() == "true" else ""
        entry.add_mismatch(key, value, f"{KEYS[key].expected}{bare}")
        return None
    if key == "managed_identity" and isinstance(value, dict) and not _is_selector(entry, value):
        return None
    if not entry.file.credentials:
        return _unresolved(entry, key, value)
    try:
        return KEYS[key].resolved(entry, value)
    except SecretError as error:
        _add_unresolved(entry, key, value, error)
        return None


def _add_unresolved(entry: ConnectionTable, key: str, value: object, error: SecretError) -> None:
    """Add the problem of a reference without a credential; for an unset variable, note its name too."""
    variable = VARIABLE.fullmatch(value) if isinstance(value, str) else None
    if variable and name_of(variable["name"]) == variable["name"] and not entry.file.environ.get(variable["name"]):
        entry.file.variables.append(variable["name"])
        entry.file.add_problem(f"{key}: {error}", entry.line(key))
    else:
        entry.add_problem(key, f"{key}: {error}")


def _unresolved(entry: ConnectionTable, key: str, value: Any) -> Credential:
    """Return a placeholder of the same kind, if the kind matters, for sources that need no credential."""
    if key == "managed_identity":
        selector = _selector(value)
        try:
            return find_identity(entry.file.environ, selector)
        except SecretError:
            return ManagedIdentity(selector=selector)
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str) and not item.startswith(("env:", "file:")):
            remember(item)
    return ClientSecret(Secret("not needed here", "none"))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and 2 <= len(value) <= MANY_SECRETS and all(map(_is_text, value))


def _is_selector(entry: ConnectionTable, value: Mapping[str, Any]) -> bool:
    """Return whether a table selects exactly one identity; otherwise add a problem to the file."""
    for key in value:
        if key not in SELECTORS:
            hint = did_you_mean(key, SELECTORS)
            entry.add_problem("managed_identity", f"managed_identity: unknown key {describe(key)}{hint}")
            return False
    if len(value) != 1:
        entry.add_problem("managed_identity", f"managed_identity: one of {', '.join(SELECTORS)} is needed")
        return False
    ((name, selector),) = value.items()
    if not _is_text(selector):
        entry.add_problem(
            "managed_identity", f"managed_identity.{name}: found {kind(selector)}, expected a text in quotes"
        )
        return False
    if name != "resource_id" and (problem := id_problem(f"managed_identity.{name}", selector, A_GUID)):
        entry.add_problem("managed_identity", problem.text, corrected=problem.correction is not None)
        return False
    app = entry.row.get("client_id")
    if name == "client_id" and isinstance(app, str) and app.strip() and app.lower() != selector.lower():
        entry.add_problem(
            "managed_identity",
            f"managed_identity.client_id: found {describe(selector)}, but client_id is {describe(app)}",
        )
        return False
    return True


def _selector(value: Any) -> tuple[str, str] | None:
    return None if value is True else next(iter(value.items()))


def _secret(entry: ConnectionTable, reference: str) -> Credential:
    return ClientSecret(resolve(reference, entry.file.path.parent, entry.file.environ))


def _secrets(entry: ConnectionTable, references: list[str]) -> Credential:
    secrets: list[Secret] = []
    for number, reference in enumerate(references, 1):
        try:
            secrets.append(resolve(reference, entry.file.path.parent, entry.file.environ))
        except SecretError as error:
            raise SecretError(f"secret {number}: {error}") from None
    if len({secret.reveal() for secret in secrets}) < len(secrets):
        raise SecretError("two of the secrets are the same")
    return ClientSecret(secrets[0], tuple(secrets[1:]))


def _federated_token(entry: ConnectionTable, reference: str) -> Credential:
    if reference == "github":
        return FederatedToken(github_token, "github")
    folder, environ = entry.file.path.parent, entry.file.environ
    # The token is read for each use: it is valid only for minutes.
    origin = resolve(reference, folder, environ).origin
    return FederatedToken(lambda: resolve(reference, folder, environ).reveal().strip(), origin)


def _workload_identity(entry: ConnectionTable, _: object) -> Credential:
    environ = entry.file.environ
    path = environ.get(TOKEN_FILE)
    if not path:
        raise SecretError(
            f"{TOKEN_FILE} is {'empty' if TOKEN_FILE in environ else 'not set'}; AKS sets it in the pods of a service"
            ' account with workload identity, whose label is azure.workload.identity/use: "true"'
        )

    def token() -> str:
        text = resolve(f"file:{path}", Path(os.sep), environ).reveal().strip()
        if not text:
            raise SecretError(f"the file that {TOKEN_FILE} names is empty")
        return text

    return FederatedToken(token, f"file:{path}")


def _managed_identity(entry: ConnectionTable, value: Any) -> Credential:
    return find_identity(entry.file.environ, _selector(value))


def _certificate(entry: ConnectionTable, reference: str) -> Credential:
    folder, environ = entry.file.path.parent, entry.file.environ
    password = entry.row.get("certificate_password")
    if password is not None and not isinstance(password, str):
        raise SecretError("certificate_password is no text in quotes")
    if reference.startswith("file:"):
        content = read(reference.removeprefix("file:"), folder)
    else:
        content = resolve(reference, folder, environ).reveal().encode()
    origin = reference if reference.startswith(("file:", "env:")) else "the certificate"
    certificate = Certificate(content, origin, resolve(password, folder, environ) if password else None)
    certificate.check()
    return certificate


_REFERENCE = "env:NAME, file:PATH or the value"
KEYS: Mapping[str, Key] = {
    "client_secret": Key(_REFERENCE, _is_text, _secret),
    "client_secrets": Key(
        f"a list of 2 to {MANY_SECRETS} secrets, each a text in quotes: {_REFERENCE}", _are_texts, _secrets
    ),
    "certificate": Key(_REFERENCE, _is_text, _certificate),
    "federated_token": Key(_REFERENCE, _is_text, _federated_token),
    "managed_identity": Key(
        f"true, or a table with one of {', '.join(SELECTORS)}",
        lambda value: value is True or isinstance(value, dict),
        _managed_identity,
    ),
    "workload_identity": Key("true", lambda value: value is True, _workload_identity),
}
"""The readers of the keys in :data:`~conformance.connection.connection_table.CREDENTIALS`."""
