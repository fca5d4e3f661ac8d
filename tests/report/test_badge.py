"""The badge: a small picture with the verdict in words."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from conformance.report.badge import COLOURS, badge
from tests.report.documents import RUNS, run

SVG = "{http://www.w3.org/2000/svg}"


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (``#rrggbb``), as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("healthy", "simulation: Sentinel connection: works"),
        ("one-fault", "simulation: Sentinel connection: broken"),
        ("everything-down", "simulation: Sentinel connection: unclear"),
        ("twenty-connections", "simulation: 20 Sentinel connections: 8 broken"),
    ],
)
def test_the_title_contains_the_verdict(name: str, title: str) -> None:
    picture = ET.fromstring(badge(run(*RUNS[name])).decode())
    assert picture.tag == f"{SVG}svg"
    assert picture.attrib["role"] == "img"
    assert picture.findtext(f"{SVG}title") == title
    assert ": ".join(element.text or "" for element in picture.iter(f"{SVG}text")) == title


@pytest.mark.parametrize("colour", COLOURS.values())
def test_the_contrast_of_the_text_is_sufficient(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5
