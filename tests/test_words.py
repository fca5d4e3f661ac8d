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
VAGUE = {
    "asked", "done", "found", "given", "gone", "heard", "held", "judged", "kept", "known", "left", "made", "met",
    "one", "read", "said", "seen", "sent", "served", "shown", "taken", "told", "wanted", "written",
}  # fmt: skip
"""Names that do not say what they hold: bare participles, and ``one``. ``read`` may name a function: it is a verb."""
PLAIN = ("benchmarks", "scripts", *(f"tests/{room}" for room in (
    "apis", "benchmarks", "checks", "clients", "connection", "descriptions", "fakes", "findings", "probing", "scripts",
    "toml_file",
)))  # fmt: skip
"""The folders in which no name is one of these words."""


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


def values(source: str) -> Iterator[tuple[str, int]]:
    """Yield the names that a module gives to variables, attributes and parameters, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name, node.lineno


def vague(source: str) -> Iterator[int]:
    """Yield the lines of a module that bind the name ``one``."""
    yield from (line for name, line in values(source) if name == "one")


def participles(source: str) -> Iterator[int]:
    """Yield the lines of a module that give one of the words of ``VAGUE`` to a value, a function or a class."""
    named = [*values(source)]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name != "read":
            named.append((node.name, node.lineno))
    yield from (line for name, line in named if name.lower().strip("_") in VAGUE)


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


@pytest.mark.parametrize("folder", PLAIN)
def test_names_are_no_participles(folder: str) -> None:
    breaches = {
        f"{file.relative_to(ROOT)}:{line}"
        for file in (ROOT / folder).rglob("*.py")
        for line in participles(file.read_text(encoding="utf-8"))
    }
    assert breaches == set()


def test_a_breach_is_found() -> None:
    source = "class A:\n    def f(self, one): pass\n    def _g(self): pass\n[one for one in ()]\n"
    assert list(undocumented(source)) == ["A.f"]
    assert sorted(vague(source)) == [2, 4]
    assert list(participles("def told(self): self._found = seen\n")) == [1, 1]
    assert list(participles("def read(file): ...\nread = 0\n")) == [2]


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
