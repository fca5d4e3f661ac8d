"""The pages of docs/: the generated ones are current, and every link lands."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from conformance.checks.registry import catalogue
from conformance.findings import CAUSES, finding

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def generated() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("docs", ROOT / "scripts" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: dict[str, str] = module.pages()
    return pages


def anchors(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return set(re.findall(r'<a id="([^"]+)">', text)) | {
        re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads
    }


def test_generated_pages_are_current() -> None:
    for name, text in generated().items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, f"{name}: run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_lands(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_its_anchor(cause: str) -> None:
    path, _, anchor = finding(cause).docs.partition("#")
    assert anchor in anchors(ROOT / path)


def test_every_check_has_its_anchor() -> None:
    assert set(catalogue()) <= anchors(ROOT / "docs" / "checks.md")
