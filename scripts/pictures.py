"""Take the pictures of docs/reports.md in Chromium; print a message if it is not installed."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path
from typing import Any

from conformance.fakes import Fake
from conformance.report.document import document
from conformance.report.html import page
from conformance.verification.api import verify
from scripts.pages.operations import START, demo
from tests.report.browser import MISSING, chromium, screen

ROOT = Path(__file__).parents[1]

PICTURES = {"report": (1000, 1780, "light"), "report-dark": (1000, 1780, "dark"), "report-phone": (390, 1000, "light")}
"""Each picture with its width, its height and the colour scheme."""


def main() -> int:
    """Write the pictures of the docs; return the exit code."""
    if MISSING:
        print(f"{MISSING}: the pictures of docs/ stay as they are")
        return 0
    images = ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "report.html"
        file.write_bytes(page(document([verify(demo(), source=Fake("no-azure-role", START))])))
        with chromium(Path(name) / "profile") as driver:
            for picture, (width, height, scheme) in PICTURES.items():
                screen(driver, width=width, height=height, scheme=scheme)
                driver.get(file.as_uri())
                (images / f"{picture}.webp").write_bytes(_screenshot(driver))
    return 0


def _screenshot(driver: Any) -> bytes:
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": 80})["data"])


if __name__ == "__main__":
    sys.exit(main())
