"""Declarations for scrubbing: the members, columns and words of the services' answers."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from conformance.apis import ENDPOINTS
from conformance.apis.tables import TABLES
from conformance.recording import fields, vocabulary
from conformance.recording.pseudonym_kinds import KINDS
from conformance.recording.pseudonyms import Pseudonyms

# Declarations


def texts_of(shape: Any, member: str = "", visited: frozenset[Any] = frozenset()) -> Iterator[str]:
    """Yield the members of a shape that can contain a text."""
    origin = typing.get_origin(shape)
    base = origin or shape
    if shape is str or shape is Any:
        yield member
    elif isinstance(base, type) and issubclass(base, msgspec.Struct):
        if shape not in visited:
            for field in msgspec.structs.fields(shape):
                yield from texts_of(field.type, field.encode_name, visited | {shape})
    else:
        for part in typing.get_args(shape):
            yield from texts_of(part, member, visited)


def test_every_text_member_of_an_answer_is_declared(subtests: pytest.Subtests) -> None:
    for endpoint in ENDPOINTS.values():
        with subtests.test(endpoint=endpoint.name):
            undeclared = {member for member in texts_of(endpoint.answers) if fields.treatment(member) is None}
            assert undeclared == set()


def test_every_column_of_the_tables_is_declared() -> None:
    columns = [
        name
        for table in TABLES.values()
        for name, kind in (*table.documented.items(), *table.unverified.items())
        if kind in ("string", "dynamic")
    ]
    assert [name for name in columns if fields.treatment(name) is None] == []


def test_no_member_is_declared_twice() -> None:
    treatments_of: dict[str, list[str]] = {}
    for treatment in fields.treatments().values():
        for member in treatment.members:
            treatments_of.setdefault(member.lower(), []).append(treatment.name)
    twice = {member: names for member, names in treatments_of.items() if len([n for n in names if n != "map"]) > 1}
    assert twice == {}


def test_every_pseudonym_is_recognised_by_its_form(subtests: pytest.Subtests) -> None:
    for kind in KINDS.values():
        with subtests.test(kind=kind.name):
            for number in (1, 255, 10_000):
                original = "c:\\x" if kind.name == "path" else "https://x" if kind.name == "url" else "8d4ba96b93f5" * 3
                pseudonym = kind.make(number, original[:12] if kind.name == "mac" else original)
                assert kind.form.fullmatch(pseudonym.lower()), pseudonym
                assert Pseudonyms().of(pseudonym, kind) == pseudonym


def test_the_vocabulary_has_common_words_and_no_names() -> None:
    assert {"authorization", "expired", "tenant", "semantic"} <= vocabulary.words()
    assert not {"contoso", "miller"} & vocabulary.words()
