"""Notifications with the verdict: Teams, Slack, mail, a webhook. apprise (the extra ``notify``) sends them."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.connection.secret import Secret, SecretError, resolve
from conformance.errors import UsageError
from conformance.redaction import clean, remember

if TYPE_CHECKING:
    from apprise import Apprise

    from conformance.report.model import ConnectionPart, Document

OBEYED = str.maketrans({"<": "‹", ">": "›", "@": "＠"})
"""Replacements for characters of commands that chats execute, such as ``<!channel>`` and ``@everyone``."""
SECRET_PART = 8
"""The minimum length of a part of an address that may be a key; parts with a dot are hosts."""
TIMEOUT = 20.0
"""The maximum time for one address, in seconds."""


class NotifyError(UsageError):
    """An address that cannot be used. The message never shows it: addresses of services hold their secrets."""


def addresses(references: Sequence[str], environ: Mapping[str, str] = os.environ) -> tuple[Secret, ...]:
    """Return the addresses, given as ``env:NAME``, ``file:PATH`` or directly. Raises :class:`NotifyError`."""
    result = []
    for reference in references:
        try:
            address = resolve(reference, Path(), environ)
        except SecretError as error:
            raise NotifyError(f"--sentinel-notify: {error}") from None
        for part in re.split(r"[/:@?&=]+", address.reveal()):  # services may combine the parts differently
            if len(part) >= SECRET_PART and "." not in part:
                remember(part)
        _service(address)
        result.append(address)
    return tuple(result)


def worth_telling(document: Document) -> bool:
    """Return whether to notify: the run fails, or differs from the previous run."""
    changed = document.comparison and any(document.comparison.connections.values())
    return document.run.exit_code != 0 or bool(changed)


def send(address: Secret, sentence: str, lines: Iterable[str]) -> str | None:
    """Send a sentence with the lines below it; return the error as text, or None on success."""
    success = _service(address).notify(
        title=plain_text(f"Sentinel: {sentence}"),
        body="\n".join(map(plain_text, lines)),
        body_format="text",
        timeout=TIMEOUT,
    )
    return None if success else f"--sentinel-notify: {_masked(address)} did not take the notification"


def body(document: Document) -> Iterator[str]:
    """Yield the next action and, for each connection that needs action, the fix and its owner."""
    from conformance.report.changes import changed
    from conformance.report.wording import next_action
    from conformance.verification.verdict import TROUBLE

    yield plain_text(next_action(document))
    yield from (plain_text(acceptance.message) for acceptance in document.stale)
    for connection in document.connections:
        if connection.verdict.status in TROUBLE or len(document.connections) == 1:
            yield from _connection(connection)
        yield from (f"- {label}: {plain_text(text)}" for label, text in changed(document, connection.name))


def _connection(connection: ConnectionPart) -> Iterator[str]:
    from conformance.report.wording import OWNERS

    yield f"{plain_text(connection.name)}: {plain_text(connection.verdict.summary)}"
    for cause in connection.root_causes:
        yield f"- {cause.check} {cause.cause}, {OWNERS[cause.owner]}: {plain_text(cause.fix.text)}"


def plain_text(text: str) -> str:
    """Return text on one line, without control characters and characters that a chat would execute."""
    return clean(text.replace("\n", " ")).translate(OBEYED)


def _masked(address: Secret) -> str:
    return "the address given" if address.origin == "inline" else address.origin


def _service(address: Secret) -> Apprise:
    logging.getLogger("apprise").addHandler(logging.NullHandler())  # its own messages would appear between ours
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from imports of apprise's many services
        try:
            from apprise import Apprise, AppriseAsset
        except ImportError:
            raise NotifyError("--sentinel-notify needs: pip install 'sentinel-conformance[notify]'") from None
        service = Apprise(asset=AppriseAsset(app_id="sentinel-conformance", app_desc="Sentinel connection"))
        plugin = service.add(address.reveal().strip())
    if not plugin:
        raise NotifyError(f"--sentinel-notify: {_masked(address)} is no address that apprise knows")
    return service
