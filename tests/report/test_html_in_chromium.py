"""The page in a real browser: it loads without requests, works, and is accessible."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from conformance.report.handback.forms import handbacks
from conformance.report.html import page
from conformance.verification.pipeline import select_checks
from tests.report.browser import MISSING, becomes, chromium, screen
from tests.report.documents import RUNS, run
from tests.report.hostile_report import hostile

selenium = pytest.importorskip("selenium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    # Raised by Selenium; the browser ends with the module.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, scenarios in RUNS.items():
        (folder / f"{name}.html").write_bytes(page(run(*scenarios)))
    (folder / "longest.html").write_bytes(page(run("no-graph-consent")))
    (folder / "hostile.html").write_bytes(page(hostile(run("no-azure-role"))))
    return folder


@pytest.fixture
def open_page(driver: Any, folder: Path) -> Any:
    def open_(name: str, fragment: str = "", **look: Any) -> Any:
        screen(driver, **look)
        driver.get("about:blank")
        driver.get_log("browser"), driver.get_log("performance")
        driver.get((folder / f"{name}.html").as_uri() + fragment)
        return driver

    return open_


def visible_texts(driver: Any, selector: str) -> list[str]:
    """Return the texts of the visible elements."""
    return [element.text for element in driver.find_elements("css selector", selector) if element.is_displayed()]


@pytest.mark.parametrize("name", [*RUNS, "hostile"])
def test_the_page_loads_without_an_error_and_without_requests(open_page: Any, name: str) -> None:
    driver = open_page(name)
    assert driver.get_log("browser") == []
    messages = [json.loads(record["message"])["message"] for record in driver.get_log("performance")]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert [url.rpartition("/")[2] for url in urls if url != "about:blank"] == [f"{name}.html"]


@pytest.mark.parametrize("width", [320, 390, 800, 1400])
@pytest.mark.parametrize("name", [*RUNS, "hostile"])
def test_nothing_is_wider_than_the_window(open_page: Any, name: str, width: int) -> None:
    driver = open_page(name, width=width)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*RUNS, "hostile"])
def test_axe_reports_no_violations(open_page: Any, name: str, scheme: str) -> None:
    """Landmarks, names, contrast, tables, headings: the rules of axe-core for WCAG 2.2 AA and good practice."""
    axe = pytest.importorskip("axe_playwright_python")
    driver = open_page(name, scheme=scheme)
    driver.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    driver.execute_script(resources.files(axe).joinpath("axe.min.js").read_text(encoding="utf-8"))
    result = driver.execute_async_script("axe.run().then(arguments[0], error => arguments[0](String(error)))")
    violations = [
        (violation["id"], [node["html"][:200] for node in violation["nodes"][:3]]) for violation in result["violations"]
    ]
    assert violations == []


def test_the_accessibility_tree_has_the_verdict_the_picture_and_the_fixes(open_page: Any) -> None:
    driver = open_page("one-fault")
    driver.find_element("css selector", ".folded > summary").click()
    tree = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    nodes = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    roles = {role for role, _ in nodes}
    assert {"banner", "main", "contentinfo", "heading", "form", "table", "region"} <= roles
    assert ("heading", "contoso does not work") in nodes
    assert any(
        role in ("image", "img") and re.search(r"Azure role: 1 failed, \d+ blocked", name) for role, name in nodes
    )
    assert ("button", "Copy: command 1 of the fix") in nodes
    unnamed = [
        role for role, name in nodes if role in ("button", "link", "textbox", "searchbox", "combobox") and not name
    ]
    assert unnamed == []


def test_checks_are_filtered_by_area_outcome_owner_and_words(open_page: Any) -> None:
    from selenium.webdriver.support.select import Select
    from selenium.webdriver.support.wait import WebDriverWait

    driver = open_page("one-fault")
    form = driver.find_element("css selector", "form.filters")

    def choose(name: str, value: str, count: int) -> None:
        Select(form.find_element("name", name)).select_by_value(value)
        output = form.find_element("css selector", "output")
        WebDriverWait(driver, 5).until(lambda _: output.text == f"{count} of {len(select_checks())} checks")

    choose("area", "rbac", sum(check.area == "rbac" for check in select_checks()))
    choose("outcome", "failed", 1)
    assert visible_texts(driver, ".check summary code") == ["RBAC-001"]
    form.find_element("css selector", "[type=reset]").click()
    (part,) = run(*RUNS["one-fault"]).connections
    choose("owner", "azure-admin", sum("RBAC-001" in (row.id, row.blocked_by) for row in part.checks))
    form.find_element("css selector", "[type=reset]").click()
    form.find_element("name", "text").send_keys("Defender token")
    assert {"AUTH-013", "PERM-011"} <= set(visible_texts(driver, ".check summary code"))
    assert len(visible_texts(driver, ".area h4")) < 12


def test_a_command_is_copied_in_the_form_to_paste(open_page: Any) -> None:
    driver = open_page("one-fault")
    driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    driver.find_element("css selector", ".copy").click()
    becomes(driver, ".copy", "Copied")
    copied = driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[0], error => arguments[0](String(error)))"
    )
    assert copied == run("no-azure-role").connections[0].root_causes[0].fix.commands[0]


def test_the_page_to_hand_back_copies_its_commands(open_page: Any, folder: Path) -> None:
    for name, content in handbacks(run("no-azure-role"), ["en", "ja"]):
        (folder / name).write_bytes(content)
    for name, word, feedback in (("handback", "Copy", "Copied"), ("handback.ja", "コピー", "コピーしました")):
        driver = open_page(name)
        assert driver.get_log("browser") == []
        button = driver.find_element("css selector", ".command button")
        assert button.text == word
        button.click()
        becomes(driver, ".command button", feedback)
        command = driver.find_element("css selector", ".command code").get_attribute("textContent")
        assert command == run("no-azure-role").connections[0].root_causes[0].fix.commands[0]


def test_everything_can_be_reached_by_keyboard(open_page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = open_page("one-fault")
    reached = []
    for _ in range(40):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        focused = driver.switch_to.active_element
        if focused.tag_name == "body":
            break  # back at the first element
        reached.append(focused.get_attribute("class") or focused.get_attribute("name") or focused.tag_name)
        assert focused.value_of_css_property("outline-style") != "none", reached
    assert reached[0] == "skip"
    assert {"copy", "text", "area", "outcome", "owner", "scroll picture", "summary"} <= set(reached)
    driver.find_element("css selector", ".area > summary").send_keys(Keys.ENTER)
    summary = next(
        element for element in driver.find_elements("css selector", ".check summary") if "CONN-001" in element.text
    )
    summary.send_keys(Keys.ENTER)
    assert summary.find_element("xpath", "..").get_attribute("open")


def test_one_connection_or_all_can_be_shown(open_page: Any) -> None:
    driver = open_page("twenty-connections")
    assert len(visible_texts(driver, "[data-connection] h2")) == 20
    driver.find_element("css selector", "[data-show=c4]").click()
    assert visible_texts(driver, "[data-connection] h2") == ["✗\ncustomer-04"] or visible_texts(
        driver, "[data-connection] h2"
    )[0].endswith("customer-04")
    assert len(visible_texts(driver, "[data-connection] h2")) == 1
    assert driver.find_element("css selector", "[aria-current]").get_attribute("data-show") == "c4"
    driver.find_element("css selector", "[data-show='']").click()
    assert len(visible_texts(driver, "[data-connection] h2")) == 20


def test_a_link_to_a_check_opens_it(open_page: Any) -> None:
    driver = open_page("one-fault", "#c1-LA-001")
    assert driver.find_element("css selector", "#c1-LA-001 details").get_attribute("open")


def test_the_page_is_readable_without_javascript(open_page: Any, driver: Any) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page("one-fault")
        for area in driver.find_elements("css selector", ".area > summary"):
            area.click()
        text = "\n".join(visible_texts(driver, "main"))
        assert "contoso does not work" in text
        assert "az role assignment create" in text
        assert "GUIDE-005" in text
        assert visible_texts(driver, ".copy, .filters") == []
        driver.find_element("css selector", "#c1-CONN-006 summary").click()
        assert "openid-configuration" in driver.find_element("css selector", "#c1-CONN-006 .evidence").text
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_printed_page_has_no_buttons(open_page: Any) -> None:
    driver = open_page("one-fault", media="print")
    assert visible_texts(driver, ".copy, .filters, .skip") == []
    assert visible_texts(driver, "h1") == ["contoso does not work"]
    assert driver.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_hostile_texts_are_neither_run_nor_markup(open_page: Any) -> None:
    driver = open_page("hostile")
    assert driver.execute_script("return window.pwned") is None
    assert driver.find_elements("css selector", "img, iframe, object, embed, base, link, main script, main style") == []
    links = driver.execute_script("return [...document.links].map(one => one.protocol)")
    assert set(links) <= {"file:", "https:"}
    names = driver.execute_script("return [...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())")
    assert [name for name in names if name.startswith("on") or name == "style"] == []


@pytest.mark.parametrize(
    ("name", "width", "most"), [("one-fault", 1280, 2500), ("longest", 1280, 2700), ("longest", 390, 5000)]
)
def test_a_page_with_one_fault_is_short(open_page: Any, name: str, width: int, most: int) -> None:
    """The run ``longest`` has the longest page of all scenarios."""
    driver = open_page(name, width=width)
    assert driver.execute_script("return document.documentElement.scrollHeight") <= most


@pytest.mark.parametrize("name", ["one-fault", "longest"])
def test_a_report_with_one_cause_is_printed_on_three_pages_at_most(open_page: Any, name: str) -> None:
    printed = open_page(name, media="print").execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    assert len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed))) <= 3


def test_a_click_on_a_count_shows_its_checks(open_page: Any) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    driver = open_page("one-fault")
    driver.find_element("css selector", ".legend [data-outcome=failed]").click()
    output = driver.find_element("css selector", "form.filters output")
    WebDriverWait(driver, 5).until(lambda _: output.text == f"1 of {len(select_checks())} checks")
    assert visible_texts(driver, ".check summary code") == ["RBAC-001"]


def test_no_command_breaks_within_a_word(open_page: Any) -> None:
    driver = open_page("one-fault", width=390)
    spaces = driver.execute_script(
        "return [...document.querySelectorAll('.command span')].map(one => getComputedStyle(one).whiteSpace)"
    )
    assert set(spaces) == {"pre"}
