"""A headless Chromium with an empty profile and without requests of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
CHROMIUM, DRIVER = (shutil.which(name) or "" for name in ("chromium", "chromedriver"))
MISSING = (
    ""
    if CHROMIUM and DRIVER and find_spec("selenium")
    else "Chromium, its driver or the extra `browser` is not installed"
)


@contextmanager
def chromium(profile: Path) -> Iterator[Any]:
    """Yield a driver with a new profile, which logs the messages and requests of the page."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def screen(driver: Any, *, width: int = 1100, height: int = 900, media: str = "screen", scheme: str = "light") -> None:
    """Set the size of the window, the medium and the colour scheme."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},  # an element must not move while it is clicked
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def becomes(driver: Any, selector: str, text: str) -> None:
    """Wait until the element has this text; copying to the clipboard takes the page a moment."""
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(driver, 60, poll_frequency=0.05).until(
        lambda _: driver.find_element("css selector", selector).get_attribute("textContent") == text
    )
