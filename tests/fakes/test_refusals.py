"""The refusals of the virtual tenant: each has a source, is used by a module, gets all its values, is well-formed."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, get_args

import pytest

import conformance.fakes.faults
from conformance.fakes import ROUTES
from conformance.fakes.faults import REFUSERS
from conformance.fakes.services import arm_gateway, sentinel
from conformance.fakes.services.routes import PROVENANCE, Tier
from conformance.fakes.state import assertions, tokens
from conformance.findings import CAUSES, explain
from tests.declared_refusals import NAMES, call, placeholders, response, texts

HANDED_ON: dict[str, tuple[ModuleType, ...]] = {
    "arm": (arm_gateway, sentinel),
    "defender": (tokens,),
    "entra": (assertions,),
    "graph": (tokens,),
    "log_analytics": (tokens,),
    "sentinel": (),
}
MODULES = {
    api: tuple({*others, *(module for module in ROUTES if vars(module).get("refuse") is REFUSERS[api])})
    for api, others in HANDED_ON.items()
}
"""Modules that create the refusals of an API; a name may come from another module, as for assertions and tokens."""


class NamedRefusal(NamedTuple):
    """A refusal that a module creates by name.

    ``values``: the names of its values; None if they are known only at run time.
    """

    api: str
    name: str
    values: frozenset[str] | None


@cache
def nodes(module: ModuleType) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(inspect.getsource(module))))


@cache
def named_refusals() -> tuple[NamedRefusal, ...]:
    refusals = []
    for module in {module for some in MODULES.values() for module in some}:
        for node in nodes(module):
            match node:
                case ast.Call(func=ast.Name("refuse"), args=[_, ast.Constant(str(name)), *_]):
                    refuser = vars(module)["refuse"]
                case ast.Call(func=ast.Attribute(ast.Name(owner), "refuse"), args=[_, ast.Constant(str(name)), *_]):
                    refuser = vars(vars(module)[owner])["refuse"]
                case _:
                    continue
            names = [keyword.arg for keyword in node.keywords]
            (api,) = (api for api, own in REFUSERS.items() if own is refuser)
            refusals.append(NamedRefusal(api, name, None if None in names else frozenset(filter(None, names))))
    return tuple(refusals)


def test_every_refusal_states_its_source(subtests: pytest.Subtests) -> None:
    for api, name in NAMES:
        with subtests.test(api=api, name=name):
            provenance = PROVENANCE[f"{api}/{name}"]
            assert provenance.tier in get_args(Tier)
            assert provenance.source


def test_every_refusal_is_used_by_a_module(subtests: pytest.Subtests) -> None:
    for api, name in NAMES:
        with subtests.test(api=api, name=name):
            constants = {
                node.value for module in MODULES[api] for node in nodes(module) if isinstance(node, ast.Constant)
            }
            faults = Path(conformance.fakes.faults.__file__).with_name("faults") / f"{api}.toml"
            declared = faults.exists() and f'refusal = "{name}"' in faults.read_text(encoding="utf-8")
            assert name in constants or declared


def test_only_declared_refusals_are_used() -> None:
    assert [refusal for refusal in named_refusals() if refusal.name not in REFUSERS[refusal.api].declared] == []


def test_placeholders_are_filled_at_every_use() -> None:
    by_name = [refusal for refusal in named_refusals() if refusal.values is not None]
    assert len(by_name) > 60  # the calls are recognised
    assert [
        refusal for refusal in by_name if not placeholders(refusal.api, refusal.name) <= (refusal.values or frozenset())
    ] == []


def test_every_body_is_json_without_open_placeholders(subtests: pytest.Subtests) -> None:
    for api, name in NAMES:
        with subtests.test(api=api, name=name):
            answer = response(api, name)
            assert answer.status_code == REFUSERS[api].declared[name].status
            assert answer.headers["content-type"].startswith("application/json")
            words = texts(answer.json())
            assert not [text for text in words for value in placeholders(api, name) if "{" + value + "}" in text]
            assert answer.json()["error"]


def test_the_catalogue_has_the_meaning_of_every_refusal(subtests: pytest.Subtests) -> None:
    """The refusal of the virtual tenant, the entry of the catalogue and the cause belong together."""
    for api, name in NAMES:
        with subtests.test(api=api, name=name):
            answer = response(api, name)
            meaning = explain(answer.content, status=answer.status_code, headers=dict(answer.headers), service=api)
            assert meaning.cause == REFUSERS[api].declared[name].cause
            assert meaning.cause in CAUSES
            assert meaning.entry


def test_an_unknown_name_or_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        arm_gateway.refuse(call(), "no-such-refusal")
    with pytest.raises(KeyError):
        arm_gateway.refuse(call(), "not-authorized")
