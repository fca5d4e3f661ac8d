"""Lint of names and docstrings for plain words, and of pages for files that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"
ROOMS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())
VAGUE = frozenset(
    {
        "asked",
        "chosen",
        "done",
        "drawn",
        "found",
        "given",
        "gone",
        "heard",
        "held",
        "judged",
        "kept",
        "known",
        "lacking",
        "made",
        "meant",
        "met",
        "named",
        "one",
        "said",
        "seen",
        "sent",
        "served",
        "shown",
        "taken",
        "told",
        "wanted",
        "written",
    }
)
"""Words that do not say what a variable, a parameter or a function is, in any case and with leading underscores."""
FOLDERS = (*(f"conformance/{room}" for room in ROOMS), "benchmarks", "scripts", "tests")
"""The folders in which no name is one of these words, with all folders in them."""
PUBLIC = {
    "conformance/checks/registry.py": {"given"},
}
"""Names that stay: users write them."""


def undocumented(source: str) -> Iterator[str]:
    """Yield the public functions and methods without docstring of a module, as ``Class.name``."""

    def walk(body: list[ast.stmt], owner: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from walk(node.body, f"{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                inherits = any("overrid" in ast.unparse(decorator) for decorator in node.decorator_list)
                if not inherits and not ast.get_docstring(node):
                    yield f"{owner}{node.name}"

    yield from walk(ast.parse(source).body, "")


def vague(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name wherever a module binds a name that is in ``VAGUE``."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                pass
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                pass
            case ast.Attribute(attr=name, ctx=ast.Store()):
                pass
            case _:
                continue
        if name.strip("_").lower() in VAGUE:
            yield node.lineno, name


@pytest.mark.parametrize("room", ROOMS)
def test_public_functions_have_a_docstring(room: str) -> None:
    breaches = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in (PACKAGE / room).rglob("*.py")
        for name in undocumented(file.read_text(encoding="utf-8"))
    }
    assert breaches == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_are_not_vague(folder: str) -> None:
    breaches = {
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in (ROOT / folder).rglob("*.py")
        for line, name in vague(file.read_text(encoding="utf-8"))
        if name not in PUBLIC.get(file.relative_to(ROOT).as_posix(), ())
    }
    assert breaches == set()


def test_a_breach_is_found() -> None:
    source = "class A:\n    def f(self, one): pass\n    def _told(self): self._seen = 1\n[FOUND for FOUND in ()]\n"
    assert list(undocumented(source)) == ["A.f"]
    assert sorted(vague(source)) == [(2, "one"), (3, "_seen"), (3, "_told"), (4, "FOUND")]


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_files_that_a_page_names_exist(page: str) -> None:
    names = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.py)`", (ROOT / page).read_text(encoding="utf-8")))
    files = [
        f"/{file.relative_to(ROOT)}"
        for top in ("conformance", "tests", "scripts")
        for file in (ROOT / top).rglob("*.py")
    ]
    assert names
    assert {name for name in names if not any(file.endswith(f"/{name}") for file in files)} == set()
