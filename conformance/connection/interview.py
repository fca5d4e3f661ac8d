"""A connection file from a pasted resource id or portal URL and from answers at the terminal.

At a terminal the user is asked for all values of a connection; Enter selects the onboarding guide's value. Answers from
a pipe are only the guide's values, in the order of the form.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from conformance.connection.correction import correction
from conformance.connection.credential_questions import LEFT_OUT, ask_for, kind_of_credential
from conformance.connection.dialogue import InterviewError, answer, choice, on_terminal
from conformance.connection.form import places
from conformance.connection.ingestion_keys import KEYS as INGESTION
from conformance.connection.ingestion_keys import REQUIRED
from conformance.connection.loader import load
from conformance.connection.profile import DEFAULT, RULE, get_profile, profile_names
from conformance.connection.requirement import read_action, read_permission, read_route
from conformance.connection.values import RULES, Problem, can_be_right, client
from conformance.errors import UsageError
from conformance.files.regular import create_private

GUIDES_PROFILE = f'# profile = "{DEFAULT}"  # what the connection is for: --sentinel-list-profiles shows others'
PARTNERS = {
    "customer_tenant_id": "only where a customer delegates the subscription by Azure Lighthouse: the customer's tenant",
    "home_tenant_id": "only for an app that is registered in a provider's tenant: that tenant",
}
EXPECTED: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "permissions": ("such as Graph: SecurityIncident.Read.All; several with commas", read_permission),
    "actions": ("such as Microsoft.SecurityInsights/incidents/write; several with commas", read_action),
    "routes": ("such as Sentinel: GET {sentinel}/incidents; several with commas", read_route),
}
WORKLOAD = {"AZURE_TENANT_ID": "virtual.example", "AZURE_CLIENT_ID": "00000000-0000-4000-8000-000000000001"}
"""Placeholders for the values that AKS gives a workload: the file is read on another machine than it is created."""
INGESTED = {
    "rule": "the data collection rule > JSON view > Resource ID",
    "stream": "such as Custom-Orders_CL",
    "endpoint": "such as https://NAME.ingest.monitor.azure.com; not checked without one",
}


def interview(defaults: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Ask for values that are not in ``defaults``, and write ``<workspace>.toml`` and the files for its secrets.

    Return their paths, the connection file first. Secrets are read without echo. Raises :class:`InterviewError` if an
    answer is missing, a file exists or cannot be written, or the connection is not valid; then no file remains.
    """
    kind = kind_of_credential() if on_terminal() else "client_secret"
    values = {key: value for key, value in defaults.items() if can_be_right(key, value)}
    for key in RULES:
        values[key] = values.get(key) or _value(key, values, LEFT_OUT.get(kind, {}).get(key))
    stem = values["workspace_name"]
    credential = ask_for(kind, stem, folder, values["client_id"])
    lines = ["[connection]", f'name = "{stem}"']
    identity = [] if kind == "managed_identity" else ["client_id"]
    before, after = ("tenant_id", *identity), ("subscription_id", "resource_group", "workspace_id", "workspace_name")
    lines += [*_pairs(values, before), *credential.lines, *_pairs(values, after)]
    lines += _further(values) if on_terminal() else [GUIDES_PROFILE]
    paths = {folder / name: text for name, text in credential.files.items()}
    return _write({**paths, folder / f"{stem}.toml": "\n".join(lines) + "\n"})


def _pairs(values: Mapping[str, str], keys: Iterable[str]) -> list[str]:
    return [f"{key} = {json.dumps(values[key], ensure_ascii=False)}" for key in keys if values[key]]


def _value(key: str, values: Mapping[str, str], left_out: str | None) -> str:
    def check(value: str) -> str | None:
        verdict = RULES[key](value, values)
        return Problem(key, *verdict, correction(key, value, values, can_be_right)).text if verdict else None

    where = next(place.portal for place in places() if key in place.keys)
    return answer(key, where, check, None if left_out is None else "", left_out or "")


def _further(values: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines for the profile of a connection and for its other tables."""
    name = choice("profile", "what the connection is for: --sentinel-list-profiles", profile_names(), DEFAULT)
    yield GUIDES_PROFILE if name == DEFAULT else f'profile = "{name}"'
    for key, where in PARTNERS.items():
        other = answer(key, where, lambda value, key=key: _tenant(key, value, values), "", "none")  # type: ignore[misc]
        if other:
            yield f'{key} = "{other}"'
            break
    if name == "own":
        lists = {key: _list(key, *EXPECTED[key]) for key in EXPECTED}
        yield from ("", "[connection.expect]")
        yield from (f"{key} = {json.dumps(texts)}" for key, texts in lists.items() if texts)
    yield from _ingestion(needed=get_profile(name).scope == RULE)


def _tenant(key: str, value: str, values: Mapping[str, str]) -> str | None:
    verdict = client(value, values)
    return f"{key}: found {verdict[1]}, expected the other tenant's id" if verdict else None


def _list(key: str, where: str, read: Callable[[str], object]) -> list[str]:
    def check(line: str) -> str | None:
        for text in _split(line):
            try:
                read(text)
            except ValueError as error:
                return f"{key}: expected {error}"
        return None

    return _split(answer(key, where, check, "", "none"))


def _split(line: str) -> list[str]:
    return [text.strip() for text in line.split(",") if text.strip()]


def _ingestion(*, needed: bool) -> Iterator[str]:
    """Yield the lines of the table for log ingestion, if it is needed or the user gives a rule."""
    answers: dict[str, str] = {}
    for key in INGESTION:
        optional = key not in REQUIRED or (key == "rule" and not needed)
        where = INGESTED[key] if key != "rule" or needed else f"only where the app sends rows too: {INGESTED[key]}"

        def check(value: str, key: str = key) -> str | None:
            accepts, expected = INGESTION[key].accepts, INGESTION[key].expected
            return None if accepts(value) else f"{key}: expected {expected}"

        answers[key] = answer(key, where, check, "" if optional else None, "none")
        if not answers["rule"]:
            return
    yield from ("", "[connection.ingestion]")
    yield from (f"{key} = {json.dumps(value)}" for key, value in answers.items() if value)


def _write(files: Mapping[Path, str]) -> tuple[Path, ...]:
    """Create files that only their owner may read, and load the connection file, which is written last, as a test.

    Links are not followed. Return the paths, the connection file first.
    """
    for path in files:
        if os.path.lexists(path):
            raise InterviewError(f"{path.name}: exists already, nothing written")
    created: list[Path] = []
    try:
        for path, text in files.items():
            create_private(path, text.encode())
            created.append(path)
        load(created[-1], environ=WORKLOAD, credentials=False)
    except (OSError, UsageError) as error:
        for path in created:
            path.unlink(missing_ok=True)
        unwritten = f"{path.name}: cannot be written: {error.strerror}" if isinstance(error, OSError) else None
        raise InterviewError(unwritten or f"{error}; nothing written") from None
    return created[-1], *created[:-1]
