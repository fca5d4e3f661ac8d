"""Figures as a table in a page of the docs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo.toml"
SECRET = {"SENTINEL_DEMO_SECRET": "made-up-for-the-benchmark"}
"""The environment of ``DEMO``."""


@dataclass(frozen=True)
class Figure:
    """A measured ratio, and its target."""

    name: str
    value: float
    aim: str
    spread: str = ""
    """The value with the least and the largest of its rounds, where it was measured in turns."""


def table(figures: list[Figure]) -> str:
    """Return figures as a Markdown table."""
    rows = [f"| {figure.name} | {figure.spread or format(figure.value, '.2f')} | {figure.aim} |" for figure in figures]
    return "\n".join(["| ratio | measured | aim |", "|---|---|---|", *rows])


def write(page: Path, mark: str, section: str) -> None:
    """Replace the text between a page's markers ``<!-- mark -->`` and ``<!-- /mark -->`` by a section."""
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(f"<!-- {mark} -->\n")
    tail = rest.partition(f"<!-- /{mark} -->")[2]
    page.write_text(f"{head}<!-- {mark} -->\n{section}\n<!-- /{mark} -->{tail}", encoding="utf-8")
