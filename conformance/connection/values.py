"""The format of each value, checked before anything is sent: one rule per key, which recognises common mistakes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from conformance.connection.correction import correction, invisible
from conformance.connection.credential import ClientSecret, Credential
from conformance.connection.managed_identity import ManagedIdentity
from conformance.connection.model import Connection
from conformance.connection.near_guid import GUID, deviation
from conformance.redaction import describe, kind_of, shape_of

DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", re.IGNORECASE)
WORKSPACE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,88}[A-Za-z0-9]")
RESOURCE_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
VARIABLE = re.compile(r"\$\{?\w+\}?|%\w+%|\$env:\w+")
REFERENCE = re.compile(r"(env|file):", re.IGNORECASE)
QUOTES = "'\"`“”„‘’‚"
MANY_TENANTS = frozenset({"common", "organizations", "consumers"})
A_GUID = "a GUID such as 12345678-90ab-cdef-1234-567890abcdef"


@dataclass(frozen=True, slots=True)
class Problem:
    """A malformed value. ``actual`` never shows a secret."""

    key: str
    cause: str
    actual: str
    expected: str
    correction: str | None = None
    """The probably intended value, as a sentence."""

    @property
    def text(self) -> str:
        """Return one line: the key, the actual value, and the correction or the expected value."""
        tail = f"; {self.correction}" if self.correction else f", expected {self.expected}"
        return f"{self.key}: found {self.actual}{tail}"


def problems(connection: Connection, *keys: str) -> tuple[Problem, ...]:
    """Return the malformed values of a connection, or only of some keys, in form order. Pure: sends nothing."""
    values = {key: getattr(connection, key) for key in RULES}
    if isinstance(connection.credential, ManagedIdentity) and not connection.client_id:
        del values["client_id"]  # the machine knows its identity
    malformed = malformed_values(values, keys or RULES.keys())
    check_secret = not keys or "client_secret" in keys
    if check_secret and (problem := secret_problem(connection.credential)):
        malformed.append(problem)
    return tuple(malformed)


def secret_problem(credential: Credential) -> Problem | None:
    """Return the problem of a client secret, described but never printed, or None. If there are several secrets and all
    are malformed, the problem is that of the first. None for other credentials.
    """
    if not isinstance(credential, ClientSecret):
        return None
    verdicts = [secret(secret_value.reveal()) for secret_value in credential.secrets]
    first = verdicts[0]
    return None if first is None or None in verdicts else Problem("client_secret", *first)


def malformed_values(values: Mapping[str, str], keys: Collection[str] | None = None) -> list[Problem]:
    """Return the problems of malformed ``values`` (by key); only for ``keys``, if given."""
    selected_keys = values.keys() if keys is None else keys
    verdicts = ((key, RULES[key](value, values)) for key, value in values.items() if key in selected_keys)
    return [
        Problem(key, *verdict, correction(key, values[key], values, can_be_right))
        for key, verdict in verdicts
        if verdict is not None
    ]


def id_problem(key: str, value: str, expected: str, tenant_id: str = "") -> Problem | None:
    """Return the problem of a value that must be a GUID other than the tenant's, for a key without a rule; else
    None.
    """
    verdict = _same(value, {"tenant_id": tenant_id}, ("tenant_id",), expected) or guid(value, {})
    if verdict is None:
        return None
    cause, actual, _ = verdict
    corrected = correction(key, value, {}, lambda _, text: guid(text, {}) is None)
    return Problem(key, cause, actual, expected, corrected)


def can_be_right(key: str, value: str) -> bool:
    """Return whether a value has the form of its key."""
    return RULES[key](value, {}) is None


NIL = re.compile("[0-]+")
ZEROS = "an id of zeros alone, which belongs to nothing"

Verdict = tuple[str, str, str] | None
"""Cause, found, expected; None for a possible value."""


def tenant(value: str, _: Mapping[str, str]) -> Verdict:
    """Return the verdict on a tenant: the directory's GUID, or one of its domains."""
    expected = "the directory's GUID or one of its domains"
    if value.lower() in MANY_TENANTS:
        return "tenant_malformed", f"{describe(value)}, which means many tenants", expected
    if not GUID.fullmatch(value) and not DOMAIN.fullmatch(value):
        return "tenant_malformed", _id_text(value), expected
    if NIL.fullmatch(value):
        return "tenant_malformed", ZEROS, expected
    return None


def guid(value: str, _: Mapping[str, str]) -> Verdict:
    """Return the verdict on a GUID, which must not be all zeros."""
    if not GUID.fullmatch(value):
        return "config_invalid", _id_text(value), A_GUID
    if NIL.fullmatch(value):
        return "config_invalid", ZEROS, A_GUID
    return None


def client(value: str, values: Mapping[str, str]) -> Verdict:
    """Return the verdict on a client id: a GUID that differs from the tenant."""
    return _same(value, values, ("tenant_id",), "the app's own Application (client) ID") or guid(value, values)


def subscription(value: str, values: Mapping[str, str]) -> Verdict:
    """Return the verdict on a subscription id: a GUID that differs from tenant and client."""
    expected = "the Subscription ID of the workspace's overview page"
    return _same(value, values, ("tenant_id", "client_id"), expected) or guid(value, values)


def _same(value: str, values: Mapping[str, str], others: Iterable[str], expected: str) -> Verdict:
    """Return a verdict if another key already has the same id, because all ids must differ; else None."""
    for other in others:
        if value and value.lower() == values.get(other, "").lower():
            return "config_invalid", f"the same value as {other}", expected
    return None


def workspace_id(value: str, values: Mapping[str, str]) -> Verdict:
    """Return the verdict on a workspace id: a GUID that differs from tenant, client and subscription."""
    expected = "the Workspace ID of the workspace's overview page"
    if same := _same(value, values, ("tenant_id", "client_id", "subscription_id"), expected):
        return same
    if NIL.fullmatch(value):
        return "workspace_id_not_guid", ZEROS, expected
    if GUID.fullmatch(value):
        return None
    return "workspace_id_not_guid", _id_text(value), f"the Workspace ID of the overview page, {A_GUID}"


def workspace_name(value: str, _: Mapping[str, str]) -> Verdict:
    """Return the verdict on the name of a workspace: 2 to 90 letters, digits and hyphens, not a GUID."""
    expected = "the workspace's name: 2 to 90 letters, digits and hyphens"
    if GUID.fullmatch(value):
        return "config_invalid", f"{describe(value)} (a GUID; perhaps the workspace id)", expected
    if not WORKSPACE_NAME.fullmatch(value) or shape_of(value):
        return "config_invalid", describe(value), expected
    return None


def resource_group(value: str, values: Mapping[str, str]) -> Verdict:
    """Return the verdict on the name of a resource group, which must not be one of the ids."""
    expected = "a resource group's name: up to 90 letters, digits, _, -, ., ( and ), no dot at the end"
    if same := _same(value, values, ("tenant_id", "client_id", "subscription_id", "workspace_id"), expected):
        return same
    if RESOURCE_GROUP.fullmatch(value) and not shape_of(value):
        return None
    return "config_invalid", describe(value), expected


def secret(value: str) -> Verdict:
    """Return the verdict on a client secret, described but never printed."""
    expected = "the secret's Value"
    if GUID.fullmatch(value.strip().strip("'\"")):
        return "secret_id_instead_of_value", "a GUID, which is the form of a secret's ID", expected
    if not value.strip():
        return "config_invalid", "nothing but blanks", expected
    if value != value.strip():
        return "config_invalid", "blanks or line ends around it", expected
    if hidden := invisible(value):
        return "config_invalid", f"{hidden} in it, which is invisible", expected
    if value[0] in QUOTES or value[-1] in QUOTES:
        return "config_invalid", "quotes around it", expected
    if VARIABLE.fullmatch(value):
        return "config_invalid", "the name of a variable, as a shell writes it", "env:NAME, or the value itself"
    if REFERENCE.match(value):
        return "config_invalid", "env: or file: in other letters", "env:NAME or file:PATH in lower case"
    if value[0] == "<" and value[-1] == ">":
        return "config_invalid", "a placeholder in angle brackets", expected
    return None


RULES: Mapping[str, Callable[[str, Mapping[str, str]], Verdict]] = {
    "tenant_id": tenant,
    "client_id": client,
    "subscription_id": subscription,
    "resource_group": resource_group,
    "workspace_id": workspace_id,
    "workspace_name": workspace_name,
}


KINDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("a resource id", re.compile("/subscriptions/", re.IGNORECASE).match),
    ("a URL", re.compile("https?://", re.IGNORECASE).match),
    ("a domain", DOMAIN.fullmatch),
    ("a name", WORKSPACE_NAME.fullmatch),
)
"""Kinds of values that are pasted in place of an id."""


def _id_text(value: str) -> str:
    """Return a value that is not a valid id, in the form for messages, with its kind or the reason why it is not an
    id.
    """
    text = describe(value)
    if off := deviation(value):
        return f"{'a text that is not shown' if kind_of(value) else text} (not a GUID: {off})"
    kind = None if kind_of(value) else next((name for name, matches in KINDS if matches(value)), None)
    return f"{text} ({kind})" if kind else text
