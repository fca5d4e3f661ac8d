"""The credential of a connection table: one of three keys, resolved."""

from __future__ import annotations

import re

from conformance.connection.connection_table import CREDENTIALS, OPTIONAL, ConnectionTable, comment_hint
from conformance.connection.credential import Certificate, ClientSecret, Credential, FederatedToken, github_token
from conformance.connection.secret import Secret, SecretError, read, resolve
from conformance.redaction import name_of, remember

VARIABLE = re.compile(r"env:(?P<name>[A-Za-z_]\w*)")
"""A reference to an environment variable, with a name that a shell takes."""


def read_credential(entry: ConnectionTable) -> Credential | None:
    given = [key for key in CREDENTIALS if key in entry.row]
    if not given:
        hints = [hint for key in CREDENTIALS if key not in OPTIONAL and (hint := comment_hint(entry, key))]
        entry.add_problem("name", f"no credential: one of {', '.join(CREDENTIALS)} is needed{''.join(hints)}")
        entry.file.keys["client_secret"] = False
        return None
    if len(given) > 1:
        entry.add_problem(given[1], f"two credentials: {' and '.join(given)}; one is needed")
        return None
    key = given[0]
    if "certificate_password" in entry.row and key != "certificate":
        entry.add_problem("certificate_password", "certificate_password: there is no certificate that it could open")
    reference = entry.row[key]
    if not isinstance(reference, str) or not reference.strip():
        entry.found(key, reference, "env:NAME, file:PATH or the value")
        return None
    if not entry.file.credentials:
        if not reference.startswith(("env:", "file:")):
            remember(reference)
        return ClientSecret(Secret("not needed here", "none"))
    try:
        return _resolved(entry, key, reference)
    except SecretError as error:
        variable = VARIABLE.fullmatch(reference)
        if variable and name_of(variable["name"]) == variable["name"] and not entry.file.environ.get(variable["name"]):
            entry.file.variables.append(variable["name"])
            entry.file.add_problem(f"{key}: {error}", entry.line(key))
        else:
            entry.add_problem(key, f"{key}: {error}")
        return None


def _resolved(entry: ConnectionTable, key: str, reference: str) -> Credential:
    folder, environ = entry.file.path.parent, entry.file.environ
    if key == "client_secret":
        return ClientSecret(resolve(reference, folder, environ))
    if key == "federated_token":
        if reference == "github":
            return FederatedToken(github_token, "github")
        origin = resolve(reference, folder, environ).origin  # the token is read for each use: it lives for minutes
        return FederatedToken(lambda: resolve(reference, folder, environ).reveal().strip(), origin)
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
