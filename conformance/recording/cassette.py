"""A cassette: a folder with the interactions of one connection, and a manifest with their outcomes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from conformance.checks.outcome import Outcome, Status
from conformance.connection import Expect
from conformance.connection.ingestion import Ingestion
from conformance.connection.profile import DEFAULT
from conformance.files.regular import FileError, read_file
from conformance.files.slugs import RESERVED
from conformance.recording.interaction import Interaction
from conformance.redaction import clean, describe
from conformance.sources.base import SourceError
from conformance.verification.verdict import VerdictStatus

T = TypeVar("T")

SCHEMA: Literal["sentinel-conformance/cassette/1"] = "sentinel-conformance/cassette/1"
INTERACTIONS, MANIFEST = "interactions.json", "manifest.json"
LARGEST = 64 * 1024 * 1024
"""The maximum size of a file in bytes."""
PACKAGE = Path(__file__).parents[1]
SHIPPED = next(
    (folder for folder in (PACKAGE / "cassettes", PACKAGE.parent / "cassettes") if folder.is_dir()),
    PACKAGE / "cassettes",
)
"""The folder of the cassettes that come with the suite: inside the package, or beside it in a checkout."""

Tier = Literal["recorded", "virtual"]
"""A recording of a real tenant, or of the virtual one."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a manifest."""


class CredentialPart(Part, frozen=True, kw_only=True, omit_defaults=True):
    """The kind of the credential, without its content.

    ``stand_in`` replaces a secret and has the same format problems, if any.
    """

    kind: Literal["client_secret", "certificate", "federated_token"]
    origin: Literal["inline", "env", "file", "other"] = "other"
    exposed: bool = False
    """True if every user of the recording machine could read the secret."""
    stand_in: str = ""


class ConnectionPart(Part, frozen=True, kw_only=True):
    """The connection, under pseudonyms."""

    tenant_id: str
    client_id: str
    subscription_id: str
    resource_group: str
    workspace_id: str
    workspace_name: str
    cloud: str
    apis: tuple[str, ...]
    secret_expires: date | None
    credential: CredentialPart
    expect: Expect
    ingestion: Ingestion | None = None
    profile: str = DEFAULT
    customer_tenant_id: str | None = None
    home_tenant_id: str | None = None


class CheckPart(Part, frozen=True, kw_only=True):
    """The outcome of one check."""

    id: str
    outcome: Status
    cause: str | None
    blocked_by: str | None


class Manifest(Part, frozen=True, kw_only=True):
    """The manifest: the recorded connection, the time, and the outcomes."""

    schema: Literal["sentinel-conformance/cassette/1"]
    name: str
    tier: Tier
    suite: str
    """The version of the suite that made the recording."""
    checks_version: str
    recorded: datetime
    """The time at which the recording started, moved like all dates. The clock of a replay starts at this time."""
    connection: ConnectionPart
    verdict: VerdictStatus
    exit_code: int
    requests: int
    checks: tuple[CheckPart, ...]
    shapes: dict[str, tuple[str, ...]] = {}
    """The fields of all answers with their types, by operation, for comparison with a later run."""


class Cassette(msgspec.Struct, frozen=True, kw_only=True):
    """A recording in memory."""

    manifest: Manifest
    interactions: tuple[Interaction, ...]


def check_parts(outcomes: Sequence[Outcome]) -> tuple[CheckPart, ...]:
    """Return outcomes in the form of a manifest."""
    return tuple(
        CheckPart(id=outcome.check, outcome=outcome.status, cause=outcome.cause, blocked_by=outcome.blocked_by)
        for outcome in outcomes
    )


def files(cassette: Cassette) -> dict[str, bytes]:
    """Return the content of a cassette's files, by name."""
    return {
        INTERACTIONS: _pretty({"schema": SCHEMA, "interactions": cassette.interactions}),
        MANIFEST: _pretty(cassette.manifest),
    }


def write(folder: Path, contents: dict[str, bytes]) -> None:
    """Write a cassette's files into its folder, each completely or not at all. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {name: folder / f".{name}.{os.getpid()}.part" for name in contents}
    try:
        for name, part in parts.items():
            part.write_bytes(contents[name])
        for name, part in parts.items():
            part.replace(folder / name)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def place(folder: Path, name: str) -> Path:
    """Return the folder of the cassette with this name.

    Raises :class:`~conformance.sources.base.SourceError` if a cassette cannot have this name.
    """
    if not name or name.startswith(".") or set(name) & set('/\\:*?"<>|\0') or RESERVED.fullmatch(name.lower()):
        raise SourceError(f"{describe(name)} is no name of a cassette")
    return folder / name


def exists(folder: Path) -> bool:
    """Return whether a folder contains a cassette, even a damaged one."""
    return any((folder / name).exists() for name in (INTERACTIONS, MANIFEST))


def read(folder: Path) -> Cassette:
    """Return the cassette in a folder.

    Raises :class:`~conformance.sources.base.SourceError` with a message of one line if it cannot be replayed.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such cassette{_suggestion(folder)}")
    manifest = _decoded(folder / MANIFEST, Manifest)
    recorded = _decoded(folder / INTERACTIONS, _Interactions)
    if not recorded.interactions:
        raise SourceError(f"{folder / INTERACTIONS}: holds no interaction")
    if clean(manifest.name) != manifest.name:
        raise SourceError(f"{folder / MANIFEST}: the name of the connection holds control characters or commands")
    if manifest.requests != len(recorded.interactions):
        raise SourceError(f"{folder}: the manifest is of another recording than the interactions: record it anew")
    return Cassette(manifest=manifest, interactions=recorded.interactions)


def names(folder: Path) -> list[str]:
    """Return the names of the cassettes in a folder, sorted."""
    return sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))


class _Interactions(Part, frozen=True, kw_only=True):
    schema: Literal["sentinel-conformance/cassette/1"]
    interactions: tuple[Interaction, ...]


class _Marked(msgspec.Struct):
    schema: str | None = None


def _decoded(file: Path, shape: type[T]) -> T:
    content = _content(file)
    try:
        schema = msgspec.json.decode(content, type=_Marked).schema
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SourceError(f"{file}: is damaged: no whole JSON document") from None
    if schema is None:
        raise SourceError(f"{file}: is no part of a cassette of this suite")
    if schema != SCHEMA:
        raise SourceError(f"{file}: is of format {describe(schema)}, and this suite reads {SCHEMA}: record it anew")
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{file}: is damaged: {error}") from None


def _content(file: Path) -> bytes:
    try:
        content = read_file(file, LARGEST)
    except FileError as error:
        raise SourceError(f"{file}: {error}") from None
    if not content.strip():
        raise SourceError(f"{file}: is empty")
    return content


def _suggestion(folder: Path) -> str:
    cassette_names = names(folder.parent)
    return f" (there are {', '.join(cassette_names)})" if cassette_names else ""


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
