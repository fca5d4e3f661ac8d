"""The page of a fleet in a real browser: no requests, no overflow, accessible, and every link works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from conformance.report.comparison import run_of
from conformance.report.entry import document
from conformance.results.history import History, observation_of
from tests.fleet.customers import customer, customers, summarize
from tests.report.browser import MISSING, becomes, chromium, screen

selenium = pytest.importorskip("selenium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # raised by Selenium
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    was = run_of(document([customer("healthy", f"customer-{number:02}") for number in range(2, 26)], 1.0, "all"))
    history = folder / "history.db"
    with History(history) as open_history:
        open_history.add(
            replace(observation, started=observation.started - timedelta(days=1))
            for observation in map(observation_of, customers(24))
        )
        open_history.add(map(observation_of, customers(24)))
    end = summarize(lambda: customers(24), 12.0, "all", previous=was, history=History(history))
    assert end is not None
    end.write(folder)
    return folder


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


PAGES = ("index.html", "owners/azure-admin.html")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [320, 800, 1400])
def test_nothing_is_wider_than_the_window(driver: Any, folder: Path, width: int, page: str) -> None:
    screen(driver, width=width)
    driver.get((folder / page).as_uri())
    assert driver.get_log("browser") == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_reports_no_violations(driver: Any, folder: Path, scheme: str, page: str) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    screen(driver, scheme=scheme)
    driver.get((folder / page).as_uri())
    driver.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    driver.execute_script(resources.files(axe).joinpath("axe.min.js").read_text(encoding="utf-8"))
    result = driver.execute_async_script("axe.run().then(arguments[0], error => arguments[0](String(error)))")
    assert [
        (violation["id"], [node["html"][:200] for node in violation["nodes"][:3]]) for violation in result["violations"]
    ] == []


def test_every_link_leads_to_a_page(driver: Any, folder: Path) -> None:
    driver.get((folder / "index.html").as_uri())
    links = driver.execute_script("return [...document.links].map(one => one.href)")
    pages = {Path(link.removeprefix("file://")) for link in links if link.startswith("file:") and "#" not in link}
    assert len(pages) == 2 * 9 + 3, "the report of each connection in trouble, its page to hand back, those of owners"
    assert all(page.is_file() for page in pages)


def test_connections_are_searched_filtered_and_sorted(driver: Any, folder: Path) -> None:
    from selenium.webdriver.support.select import Select
    from selenium.webdriver.support.wait import WebDriverWait

    screen(driver)
    driver.get((folder / "index.html").as_uri())
    form = driver.find_element("css selector", "form.filters")

    def rows() -> list[str]:
        return [
            row.get_attribute("data-name")
            for row in driver.find_elements("css selector", "#rows .row")
            if row.is_displayed()
        ]

    def wait_for(text: str) -> None:
        output = form.find_element("css selector", "output")
        WebDriverWait(driver, 5).until(lambda _: output.text == text)

    wait_for("9 of 9 connections")
    Select(form.find_element("name", "owner")).select_by_value("azure-admin")
    wait_for("3 of 9 connections")
    assert rows() == ["customer-04", "customer-12", "customer-20"]
    form.find_element("css selector", "[type=reset]").click()
    wait_for("9 of 9 connections")
    Select(form.find_element("name", "sort")).select_by_value("cause")
    for group in driver.find_elements("css selector", "#rows tbody"):
        causes = [row.get_attribute("data-cause") for row in group.find_elements("css selector", ".row")]
        assert causes == sorted(causes)
    form.find_element("name", "text").send_keys("customer-12")
    wait_for("1 of 9 connections")


def test_connections_are_cards_on_a_phone(driver: Any, folder: Path) -> None:
    screen(driver, width=390)
    driver.get((folder / "index.html").as_uri())
    row = driver.find_element("css selector", "#rows .row")
    assert row.value_of_css_property("display") == "block"


def test_a_command_of_an_owners_page_is_copied(driver: Any, folder: Path) -> None:
    screen(driver)
    driver.get((folder / "owners/azure-admin.html").as_uri())
    driver.find_element("css selector", ".case summary").click()
    driver.find_element("css selector", ".case .copy").click()
    becomes(driver, ".case .copy", "Copied")
    assert driver.get_log("browser") == []
