"""The connection of a replay: the recorded one under pseudonyms, with a placeholder for the credential."""

from __future__ import annotations

import re
from typing import Any

from conformance.connection import CLOUDS, Certificate, ClientSecret, Connection, FederatedToken
from conformance.connection.credential import Credential
from conformance.connection.ingestion import Ingestion
from conformance.connection.secret import Secret
from conformance.connection.values import malformed_values, secret
from conformance.recording.cassette import ConnectionPart, CredentialPart
from conformance.recording.patterns import GUID
from conformance.recording.scrubber import Scrubber

PARTNERS = ("customer_tenant_id", "home_tenant_id")
VALUES = ("tenant_id", "client_id", "subscription_id", "resource_group", "workspace_id", "workspace_name")


class NoCertificate(Certificate):
    """The placeholder for the certificate of a recording; its signature is never compared."""

    def msal(self) -> Any:
        """Return a credential for msal that gives no access; no recorded answer depends on it."""
        return {"client_assertion": lambda: "replayed"}  # a function: msal warns about other values


def connection_part(connection: Connection, scrubber: Scrubber) -> ConnectionPart:
    """Return a connection in the form of a manifest, under pseudonyms.

    A malformed value gets a malformed pseudonym, so that a replay finds the same error.
    """
    real = {key: getattr(connection, key) for key in VALUES}
    values = {key: scrubber.text(value, key) for key, value in real.items()}
    wrong, still = (
        {problem.key for problem in malformed_values(connection_values)} for connection_values in (real, values)
    )
    values |= {key: mask(real[key]) for key in wrong - still}
    ends = connection.secret_expires
    return ConnectionPart(
        **values,
        cloud=connection.cloud.name,
        apis=connection.apis,
        secret_expires=None if ends is None else scrubber.shift.day(ends),
        credential=_credential(connection.credential, scrubber),
        expect=connection.expect,
        ingestion=_ingestion(connection.ingestion, scrubber),
        profile=connection.profile.name,
        **{key: value and scrubber.text(value, key) for key in PARTNERS for value in [getattr(connection, key)]},
    )


def _ingestion(ingestion: Ingestion | None, scrubber: Scrubber) -> Ingestion | None:
    if ingestion is None:
        return None
    endpoint = ingestion.endpoint and scrubber.text(ingestion.endpoint, "endpoint")
    return Ingestion(scrubber.text(ingestion.rule, "id"), scrubber.text(ingestion.stream, "streams"), endpoint)


def connection(name: str, part: ConnectionPart) -> Connection:
    """Return the connection that a manifest describes."""
    return Connection(
        name,
        **{key: getattr(part, key) for key in VALUES},
        credential=_stand_in(part.credential),
        cloud=CLOUDS[part.cloud],
        apis=part.apis,
        secret_expires=part.secret_expires,
        expect=part.expect,
        ingestion=part.ingestion,
        profile=part.profile,
        **{key: getattr(part, key) for key in PARTNERS},
    )


def mask(value: str) -> str:
    """Return a value of the same form with ``x`` for letters and ``0`` for digits."""
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]", "x", value))


def _credential(credential: Credential, scrubber: Scrubber) -> CredentialPart:
    if isinstance(credential, Certificate):
        return CredentialPart(kind="certificate")
    if isinstance(credential, FederatedToken):
        return CredentialPart(kind="federated_token")
    assert isinstance(credential, ClientSecret), "managed identities are not recorded"
    secret = credential.secret
    kind = secret.origin.partition(":")[0]
    return CredentialPart(
        kind="client_secret",
        origin=kind if kind in ("inline", "env", "file") else "other",  # type: ignore[arg-type]
        exposed=secret.exposed,
        stand_in=_unusable(secret.reveal(), scrubber.hint(secret.reveal()[:3])),
    )


def _unusable(real: str, hint: str) -> str:
    """Return a placeholder secret with the same format problems as the real one, if any. Unless it is a GUID, it
    contains the hint that Graph shows.
    """
    stand_in = f"{hint}-replayed"
    if secret(real) is None:
        return stand_in
    if GUID.fullmatch(real.strip().strip("'\"")):
        return re.sub(r"[0-9A-Fa-f]", "0", real)
    bare = real.strip().strip("'\"<>")
    return real.replace(bare, stand_in) if bare else real


def _stand_in(part: CredentialPart) -> Credential:
    if part.kind == "certificate":
        return NoCertificate(b"", "the recording")
    if part.kind == "federated_token":
        return FederatedToken(lambda: "replayed", "the recording")
    return ClientSecret(Secret(part.stand_in, part.origin, exposed=part.exposed))
