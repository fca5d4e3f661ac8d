"""The site: every check and cause has the page to which reports link, and no page fetches from another host."""

from __future__ import annotations

import html
import os
import posixpath
import re
from functools import cache
from pathlib import Path

import pytest

from conformance.checks.registry import catalogue
from conformance.findings import CAUSES, UNPUBLISHED, Docs, DocsError
from scripts import publish
from scripts.pages import landing, site
from scripts.pages.scenario_outcomes import ScenarioOutcomes, run_scenarios
from tests.report.browser import MISSING, chromium, screen

ROOT = Path(__file__).parents[2]
BASE = "https://docs.example.com/sentinel"
PUBLISHED = Docs(BASE)
LINK = re.compile(r"\]\((?![a-z]+://)([^)\s#]+)?(?:#([^)\s]+))?\)")


@cache
def scenario_outcomes() -> ScenarioOutcomes:
    """Return the outcomes in two of the scenarios; a published site has all of them."""
    return run_scenarios(("expired-secret", "no-azure-role"))


@cache
def sources() -> dict[str, str]:
    return site.sources(scenario_outcomes())


# Links of reports


def test_every_link_of_a_report_has_a_target_in_the_repository(subtests: pytest.Subtests) -> None:
    for docs in [*map(UNPUBLISHED.cause, CAUSES), *map(UNPUBLISHED.check, catalogue())]:
        with subtests.test(docs=docs):
            path, _, anchor = docs.partition("#")
            assert f'<a id="{anchor}"></a>' in (ROOT / path).read_text(encoding="utf-8")


def test_every_link_of_a_report_has_a_page_on_the_published_site(subtests: pytest.Subtests) -> None:
    for docs in [*map(PUBLISHED.cause, CAUSES), *map(PUBLISHED.check, catalogue())]:
        with subtests.test(docs=docs):
            assert docs.removeprefix(f"{BASE}/").removesuffix(".html") + ".md" in sources()


@pytest.mark.parametrize(
    ("address", "base"),
    [
        (None, None),
        (BASE, BASE),
        (f"{BASE}/", BASE),
        (f"{BASE}/index.html", BASE),
        ("file:///srv/docs", "file:///srv/docs"),
    ],
)
def test_the_address_of_the_site_is_accepted_in_usual_forms(address: str | None, base: str | None) -> None:
    assert Docs.at(address).base == base


def test_an_invalid_address_is_refused(subtests: pytest.Subtests) -> None:
    for address in ["", "docs", "javascript://x;alert(1)", "https://a b", "https://a/)", "https://u:p@a"]:
        with subtests.test(address=address), pytest.raises(DocsError, match="--sentinel-docs"):
            Docs.at(address)


# Content of the pages


def test_the_page_of_a_check_has_its_rules_its_probes_and_its_causes(subtests: pytest.Subtests) -> None:
    for id in catalogue():
        with subtests.test(id=id):
            check, text = catalogue()[id], sources()[f"checks/{id}.md"]
            assert text.startswith(f"# {id}: ")
            assert f"-k {id}\n" in text
            assert "## How it is judged\n\n## " not in text
            for probe in check.needs.values():
                assert re.search(rf"^- `{probe}`: `(GET|POST) ", text, re.MULTILINE)
            for name in check.owns:
                assert f"](../causes/{name.partition(':')[0]}.md)" in text


def test_the_page_of_a_cause_has_its_fix_and_the_checks_that_report_it(subtests: pytest.Subtests) -> None:
    for id in CAUSES:
        with subtests.test(id=id):
            text = sources()[f"causes/{id}.md"]
            assert text.startswith(f"# {id}: ")
            assert "{" not in re.sub(r"`[^`]*`|```.*?```", "", text, flags=re.DOTALL)
            for check in catalogue().values():
                if id in {name.partition(":")[0] for name in check.owns}:
                    assert f"[{check.id}](../checks/{check.id}.md)" in text


def test_the_outcome_of_a_scenario_is_on_the_pages_of_check_and_cause() -> None:
    failing, depending = sources()["checks/AUTH-003.md"], sources()["checks/LA-001.md"]
    assert (
        "| [`expired-secret`](../fakes.md#scenarios) | failed | [`secret_expired`](../causes/secret_expired.md) |"
        in failing
    )
    assert "[LA-001](LA-001.md)" in failing.partition("## What depends on it")[2]
    assert "[AUTH-003](AUTH-003.md)" in depending.partition("## What can block it")[2]
    assert "--sentinel-source=fake:expired-secret" in sources()["causes/secret_expired.md"]


def test_every_link_between_pages_of_the_site_has_a_target() -> None:
    there = sources().keys() | {f"{site.FILES}/{name}" for name in site.linked()}
    for here, text in sources().items():
        for path, _ in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
            assert not path or posixpath.normpath(posixpath.join(posixpath.dirname(here), path)) in there, (here, path)


def test_the_navigation_has_every_page_once() -> None:
    listed = re.findall(r'"([^"]+\.md)"', publish.toml(site.nav()))
    assert sorted(listed) == sorted(sources())


# The first page


def test_the_first_page_shows_a_broken_run_its_fix_and_the_fixed_run() -> None:
    broken, fixed = (document.connections[0] for document in (landing.repair().broken, landing.repair().fixed))
    assert (broken.verdict.exit_code, fixed.verdict.exit_code) == (1, 0)
    text = html.unescape(sources()["index.md"])
    assert broken.root_causes[0].fix.commands[-1] in re.sub(r"<[^>]+>|\n", "", text)
    assert "contoso does not work" in text
    assert fixed.verdict.summary in text


def test_the_first_page_has_an_example_for_each_reader_and_valid_links() -> None:
    text = sources()["index.md"]
    assert text.count('<section class="reader">') == 4
    there = {path.removesuffix(".md") + ".html" for path in sources()} | landing.examples().keys()
    there |= {f"{site.FILES}/{name}" for name in site.linked()}
    links = set(re.findall(r'href="([^"]+)"', text))
    assert links <= there
    assert {"examples/report.html", "examples/handback.ja.html", "examples/fleet/index.html"} <= links


# The built site, if its builder is installed (`make site`)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built strictly: a link or anchor without target is an error."""
    pytest.importorskip("zensical", reason="make site installs it")
    return publish.build(tmp_path_factory.mktemp("site"), scenario_outcomes())


@pytest.mark.slow
def test_the_site_has_every_page_to_which_a_report_links(built: Path) -> None:
    links = {*map(PUBLISHED.cause, CAUSES), *map(PUBLISHED.check, catalogue())}
    pages = {path.relative_to(built).as_posix() for path in built.rglob("*.html")}
    assert {link.removeprefix(f"{BASE}/") for link in links} <= pages


@pytest.mark.slow
def test_pages_of_the_site_fetch_nothing_from_other_hosts(built: Path) -> None:
    fetched = re.compile(r"""(?:\bsrc="|<link [^>]*href="|@import\s+["']?|url\(["']?)((?:https?:)?//[^"')\s]+)""")
    for path in [*built.rglob("*.html"), *built.rglob("*.css")]:
        assert fetched.findall(path.read_text(encoding="utf-8")) == [], path


@pytest.mark.slow
def test_the_site_contains_no_local_path(built: Path) -> None:
    for path in built.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert str(built.parent) not in text
        assert os.fspath(Path.home()) + "/" not in text


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # raised by Selenium
def test_the_first_page_fits_a_broken_run_and_its_fix_into_one_screen_from_disk(
    built: Path, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    pytest.importorskip("selenium")
    with chromium(tmp_path) as driver:
        for width, height in ((1280, 800), (390, 844)):
            with subtests.test(width=width):
                screen(driver, width=width, height=height)
                driver.get((built / "index.html").as_uri())
                runs = [element.rect for element in driver.find_elements("css selector", ".landing .run")]
                assert len(runs) == 2
                assert max(rectangle["y"] + rectangle["height"] for rectangle in runs) <= height
                assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        assert driver.execute_script("return typeof __index"), "the search has its index without a server"
