"""Names and docstrings in words that a stranger understands; docs that name files which exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTED = ("findings", "network", "outputs", "redaction", "results", "toml_file", "verification")
"""The rooms in which every public function says what it returns or does."""
NAMED = ("apis", "files", "findings", "network", "outputs", "pytest_plugin", "sources", "toml_file", "verification")
"""The rooms in which no name is the word ``one``."""


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


def vague(source: str) -> Iterator[int]:
    """Yield the lines of a module that bind the name ``one``."""
    for node in ast.walk(ast.parse(source)):
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == "one") or (
            isinstance(node, ast.arg) and node.arg == "one"
        ):
            yield node.lineno


@pytest.mark.parametrize("room", DOCUMENTED)
def test_public_functions_have_a_docstring(room: str) -> None:
    found = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in (ROOT / "conformance" / room).rglob("*.py")
        for name in undocumented(file.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize("room", NAMED)
def test_names_say_what_they_hold(room: str) -> None:
    found = {
        f"{file.relative_to(ROOT)}:{line}"
        for file in (ROOT / "conformance" / room).rglob("*.py")
        for line in vague(file.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_a_breach_is_found() -> None:
    source = "class A:\n    def f(self, one): pass\n    def _g(self): pass\n[one for one in ()]\n"
    assert list(undocumented(source)) == ["A.f"]
    assert sorted(vague(source)) == [2, 4]


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
