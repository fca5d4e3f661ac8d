"""Completeness: every check, including the negative control, has a test in which it fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from conformance.checks.registry import ID, catalogue


def made_to_fail(module: ast.Module) -> Iterator[str]:
    """Yield the check ids that a module's tests pass to ``fails``, as literals or from rows of parameters."""
    for test in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
        for call in ast.walk(test):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fails":
                first = call.args[0]
                yield from parameter(test, first.id, module) if isinstance(first, ast.Name) else ids(first)


def parameter(test: ast.FunctionDef, name: str, module: ast.Module) -> Iterator[str]:
    """Yield the ids among the values that ``parametrize``, or a loop over rows, assigns to a name in a test."""
    for names, iterable in [*parametrized(test), *looped(test)]:
        rows = constant(iterable, module)
        if name in names and isinstance(rows, ast.List | ast.Tuple):
            for row in rows.elts:
                cells = row.args if isinstance(row, ast.Call) else row.elts if isinstance(row, ast.Tuple) else [row]
                yield from ids(cells[names.index(name)])


def parametrized(test: ast.FunctionDef) -> Iterator[tuple[tuple[str, ...], ast.expr]]:
    """Yield the names of each ``parametrize`` of a test, and its rows."""
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.parametrize":
            names = ast.literal_eval(decorator.args[0])
            yield (names,) if isinstance(names, str) else tuple(names), decorator.args[1]


def looped(test: ast.FunctionDef) -> Iterator[tuple[tuple[str, ...], ast.expr]]:
    """Yield the names of each loop of a test, and its rows."""
    for loop in ast.walk(test):
        if isinstance(loop, ast.For):
            targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
            yield tuple(map(ast.unparse, targets)), loop.iter


def constant(tree: ast.expr, module: ast.Module) -> ast.expr:
    """Return an expression, or the value of the module's constant if the expression is the name of one."""
    for statement in module.body if isinstance(tree, ast.Name) else []:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == ast.unparse(tree):
            return statement.value
    return tree


def ids(tree: ast.expr) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ID.fullmatch(node.value):
            yield node.value


def test_every_check_can_fail() -> None:
    modules = Path(__file__).parent.glob("test_*_checks.py")
    tested = {id for path in modules for id in made_to_fail(ast.parse(path.read_text(encoding="utf-8")))}
    assert sorted(set(catalogue()) ^ tested) == []
