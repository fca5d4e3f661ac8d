"""The rooms of the package, as docs/architecture.md lists them, define the order of its imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "conformance"
TABLE = re.compile(r"<!-- rooms -->\n(.*?)<!-- /rooms -->", re.DOTALL)
EXCEPTIONS = {("conformance.verification.result", "conformance.report.json"): "Report.json() writes the report"}
"""Declared upward imports, each with its reason. They are lazy."""
BESIDE = {"fakes", "recording"}
"""Rooms beside the chain: they may import the verification and lower rooms; only ``DOORS`` import them."""
DOORS = {
    "conformance.sources.resolve",
    "conformance.testing",
    "conformance.pytest_plugin.setup",
    "conformance.pytest_plugin.console",
    "conformance.pytest_plugin.completion",
}
TOP_OF_BESIDE = "verification"
MAX_LINES, MAX_SESSION, MAX_ROOT = 300, 200, 8
"""Maximum lines of a module and of the session module; maximum files beside the rooms."""


def levels(page: str) -> dict[str, int]:
    """Return the rooms of a page's table with their levels, 0 at the bottom."""
    table = TABLE.search((ROOT / page).read_text(encoding="utf-8"))
    assert table, f"{page} has no table of rooms"
    rows = [line.split("|")[1] for line in table[1].splitlines()[2:]]
    return {room: -level for level, row in enumerate(rows) for room in re.findall(r"`(\w+)(?:/|\.py)`", row)}


def imports(modules: Mapping[str, str], *, types: bool = True) -> Iterator[tuple[str, str]]:
    """Yield every import between modules of the package (name: source), lazy imports included.

    ``types``: include imports that are only for type checkers.
    """
    for name, source in modules.items():
        tree = ast.parse(source)
        only_types = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if id(node) in only_types and not types:
                continue
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "conformance":
                assert node.module
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield name, whole if whole in modules else node.module
            elif isinstance(node, ast.Import):
                yield from ((name, alias.name) for alias in node.names if alias.name in modules)


def package() -> dict[str, str]:
    files = [file for file in PACKAGE.rglob("*.py") if "cassettes" not in file.parts]
    names = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files}
    return {name: file.read_text(encoding="utf-8") for file, name in names.items()}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "conformance"


def upward(pairs: Iterator[tuple[str, str]], order: Mapping[str, int]) -> list[str]:
    """Return a text for each import that does not go downwards."""
    wrong = []
    for importer, imported in pairs:
        above, below = room(importer), room(imported)
        if above == below or "conformance" in (above, below) or (importer, imported) in EXCEPTIONS:
            continue
        if below in BESIDE:
            right = above in BESIDE or importer in DOORS
        elif above in BESIDE:
            right = order[below] <= order[TOP_OF_BESIDE]
        else:
            right = order[below] < order[above]
        if not right:
            wrong.append(f"{importer} imports {imported}")
    return wrong


def circles(modules: Mapping[str, str]) -> list[str]:
    """Return the modules of an import cycle, lazy imports included; empty if no cycle exists."""
    graph: dict[str, set[str]] = {}
    for importer, imported in imports(modules, types=False):
        if importer != "conformance" and (importer, imported) not in EXCEPTIONS and imported != importer:
            graph.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(module) for module in error.args[1]]
    return []


def test_every_room_is_in_the_table() -> None:
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert levels("docs/architecture.md").keys() == there - {"__init__"}


def test_contributing_shows_the_same_order() -> None:
    assert levels("CONTRIBUTING.md") == levels("docs/architecture.md")


def test_imports_go_downwards() -> None:
    assert upward(imports(package()), levels("docs/architecture.md")) == []


def test_no_circle_of_imports() -> None:
    assert circles(package()) == []


@pytest.mark.parametrize(
    ("module", "line", "imported"),
    [
        ("conformance.apis.kql", "from conformance.report.model import Document", "conformance.report.model"),
        ("conformance.checks.judge", "def f():\n    from conformance.fakes import Fake", "conformance.fakes"),
        ("conformance.fakes.world", "from conformance.report import model", "conformance.report.model"),
    ],
)
def test_an_upward_import_is_found(module: str, line: str, imported: str) -> None:
    modules = package()
    modules[module] += f"\n{line}\n"
    assert upward(imports(modules), levels("docs/architecture.md")) == [f"{module} imports {imported}"]


def test_a_circle_is_found() -> None:
    assert circles({"conformance.a.x": "import conformance.b.y", "conformance.b.y": "import conformance.a.x"})


def long_modules(modules: Mapping[str, str]) -> list[str]:
    """Return a text for each module (name: source) with more lines than allowed."""
    most = {"conformance.pytest_plugin.session": MAX_SESSION}
    lines = {name: source.count("\n") for name, source in modules.items()}
    return [f"{name}: {count} lines" for name, count in lines.items() if count > most.get(name, MAX_LINES)]


def test_the_root_is_small() -> None:
    assert len([path for path in PACKAGE.iterdir() if path.is_file()]) <= MAX_ROOT


def test_modules_are_short() -> None:
    assert long_modules(package()) == []


def test_a_long_module_is_found() -> None:
    session = "conformance.pytest_plugin.session"
    assert long_modules({"conformance.a.x": "\n" * 301, session: "\n" * 201, "conformance.a.y": "\n" * 300}) == [
        "conformance.a.x: 301 lines",
        f"{session}: 201 lines",
    ]


def test_only_the_pytest_rooms_import_pytest() -> None:
    importing = {
        room(name)
        for name, source in package().items()
        for node in ast.walk(ast.parse(source))
        if (
            isinstance(node, ast.Import)
            and any(alias.name.split(".")[0] in ("pytest", "_pytest", "xdist") for alias in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("pytest", "_pytest", "xdist"))
    }
    assert importing <= {"plugin", "pytest_plugin", "testing"}
