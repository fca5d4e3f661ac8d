"""The assertions in the code of a check and the promises that they name, for the documentation and a test."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from conformance.checks.registry import Check

Kind = Literal["require", "fail", "advise", "Found", "assert"]
CALLS: frozenset[str] = frozenset({"require", "fail", "advise", "Found"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """One assertion: its kind, the ids of the promises that it may rest on (empty: it names none), its line."""

    kind: Kind
    promises: frozenset[str]
    line: int

    @staticmethod
    def of(tree: ast.Module, name: str, values: Mapping[str, Any]) -> list[Assertion]:
        """Return the assertions of a function, and of the functions in its module that it calls, by line.

        ``values`` are the module's variables: ``promise=NAME[key]`` may be any value of that mapping. Calls that pass
        on a ``refusal`` of a service, or have ``promise=None``, are not assertions.
        """
        functions = {statement.name: statement for statement in tree.body if isinstance(statement, ast.FunctionDef)}
        visited: set[str] = set()
        assertions: list[Assertion] = []
        waiting = [name]
        while waiting:
            if (name := waiting.pop()) in visited:
                continue
            visited.add(name)
            if name not in functions:
                assertions += _elsewhere(values.get(name))
                continue
            for node in ast.walk(ast.Module(functions[name].body, [])):
                if isinstance(node, ast.Assert):
                    assertions.append(Assertion("assert", frozenset(), node.lineno))
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    waiting.append(node.func.id)
                    assertions += _called(node, node.func.id, values)
        return sorted(assertions, key=lambda assertion: assertion.line)


def _elsewhere(value: Any) -> list[Assertion]:
    """Return the assertions of a helper that is declared in another module of checks."""
    module = getattr(value, "__module__", None) or ""
    if not inspect.isfunction(value) or not module.startswith(f"{__package__}.test_"):
        return []
    return Assertion.of(_module(module), value.__name__, vars(sys.modules[module]))


def _called(node: ast.Call, name: str, values: Mapping[str, Any]) -> Iterator[Assertion]:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if name in CALLS and "refusal" not in keywords:
        yield Assertion(name, _promises(keywords.get("promise"), values), node.lineno)  # type: ignore[arg-type]


def _promises(node: ast.expr | None, values: Mapping[str, Any]) -> frozenset[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return frozenset({node.value})
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return frozenset(values[node.value.id].values())
    return frozenset()


@cache
def _module(name: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[name]))


def assertions(check: Check) -> list[Assertion]:
    """Return the assertions of a check, and of the functions in its module that it calls."""
    name = check.function.__module__
    return Assertion.of(_module(name), check.function.__name__, vars(sys.modules[name]))
