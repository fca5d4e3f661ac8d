"""The site's sources: the committed pages, and a page for each check and each cause in place of the two long pages."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

from conformance.checks.registry import catalogue
from conformance.connection import get_profile, profile_names
from conformance.findings import CAUSES
from scripts.pages import each_cause, each_check, findings, landing
from scripts.pages.scenario_outcomes import ScenarioOutcomes

ROOT = Path(__file__).parents[2]
CHECKS, FINDINGS = "docs/checks.md", "docs/findings.md"
COPIED = {
    "README.md": "start.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "docs/nightly/README.md": "nightly.md",
    "cassettes/INDEX.md": "cassettes.md",
    "tests/descriptions/README.md": "descriptions.md",
    **{
        f"docs/{name}.md": f"{name}.md"
        for name in (
            "architecture",
            "benchmarks",
            "ci",
            "clients",
            "connector-tests",
            "credentials",
            "explain",
            "fakes",
            "agreement",
            "fidelity",
            "fleet",
            "ingestion",
            "library",
            "partners",
            "permissions",
            "profiles",
            "proxies",
            "readiness",
            "recording",
            "reports",
            "scale",
            "virtual-tenant",
        )
    },
    **{f"docs/profiles/{name}.md": f"profiles/{name}.md" for name in profile_names() if name != "own"},
}
"""Pages that stay as they are, and where the site has them."""
FILES = "files"
"""The places in the site of other files of the repository that pages link to."""
GUIDE = {
    "Credentials": "credentials.md",
    "Providers": "partners.md",
    "Log ingestion": "ingestion.md",
    "Ready for what ends": "readiness.md",
    "Reports": "reports.md",
    "Explaining errors": "explain.md",
    "Permissions": "permissions.md",
    "In CI": "ci.md",
    "Every night": "nightly.md",
    "Fleets": "fleet.md",
    "Recording": "recording.md",
    "Behind a proxy": "proxies.md",
    "Cassettes": "cassettes.md",
    "The library": "library.md",
}
TENANT = {
    "For your own tests": "virtual-tenant.md",
    "Tests of a connector": "connector-tests.md",
    "Scenarios and answers": "fakes.md",
    "Clients": "clients.md",
    "Fidelity": "fidelity.md",
    "Agreement with clients": "agreement.md",
    "Descriptions": "descriptions.md",
}
PROJECT = {
    "Architecture": "architecture.md",
    "Benchmarks": "benchmarks.md",
    "Scale": "scale.md",
    "Contributing": "contributing.md",
    "Changelog": "changelog.md",
    "Licence": "licence.md",
}

WIDE = "---\nhide: [navigation]\n---\n\n"
"""Before a page that has wide tables, and none beside it."""

LINK = re.compile(r"\]\((?![a-z]+://)([^)\s]+)\)")
"""A link of a page to something of the repository."""

Item: TypeAlias = "str | Mapping[str, str | Nav]"
Nav: TypeAlias = Sequence[Item]


def sources(outcomes: ScenarioOutcomes) -> dict[str, str]:
    """Return the text of every page of the site by its path."""
    pages = {there: moved((ROOT / here).read_text(encoding="utf-8"), here, there) for here, there in COPIED.items()}
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    pages["index.md"] = landing.page()
    pages["licence.md"] = f"# Licence\n\n```text\n{licence.rstrip()}\n```\n"
    generated = {
        "checks/index.md": (CHECKS, each_check.index()),
        **{f"checks/{id}.md": (CHECKS, each_check.page(check, outcomes)) for id, check in catalogue().items()},
        "causes/index.md": (FINDINGS, each_cause.index()),
        **{f"causes/{id}.md": (FINDINGS, each_cause.page(cause, outcomes)) for id, cause in CAUSES.items()},
        "codes.md": (FINDINGS, WIDE + findings.all_codes()),
    }
    return pages | {there: moved(text, origin, there) for there, (origin, text) in generated.items()}


def moved(text: str, origin: str, here: str) -> str:
    """Return the text of the repository's page ``origin`` with its links adapted to the path ``here`` in the site."""

    def link(match: re.Match[str]) -> str:
        page, _, anchor = match[1].partition("#")
        path, fragment = place(
            posixpath.normpath(posixpath.join(posixpath.dirname(origin), page)) if page else origin, anchor
        )
        target = posixpath.relpath(path, posixpath.dirname(here) or ".")
        return f"]({target}#{fragment})" if fragment else f"]({target})"

    return LINK.sub(link, text)


def place(page: str, anchor: str) -> tuple[str, str]:
    """Return path and anchor in the site for an anchor of a page in the repository. Raises KeyError for an unknown
    page.
    """
    if page == CHECKS:
        return (f"checks/{anchor}.md" if anchor in catalogue() else "checks/index.md"), ""
    if page == FINDINGS and anchor in CAUSES:
        return f"causes/{anchor}.md", ""
    if page == FINDINGS:
        return ("codes.md", "" if anchor == "codes" else anchor) if anchor else ("causes/index.md", "")
    if page in linked():
        return f"{FILES}/{page}", ""
    return (COPIED | {"LICENSE": "licence.md"})[page], anchor


@cache
def linked() -> frozenset[str]:
    """Return the paths of the repository's files, other than pages, to which pages link."""
    paths = set()
    for page in COPIED:
        for target in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target.partition("#")[0]))
            if not path.endswith(".md") and path != "LICENSE" and (ROOT / path).is_file():
                paths.add(path)
    return frozenset(paths)


def nav() -> Nav:
    """Return the navigation. Each entry of the first level is a tab."""
    return [
        {"Home": "index.md"},
        {"Start": "start.md"},
        {"Checks": ["checks/index.md", *sections(each_check.nav())]},
        {"Causes": ["causes/index.md", *sections(each_cause.nav())]},
        {"Codes": "codes.md"},
        {"Guide": [{title: path} for title, path in GUIDE.items()]},
        {"Profiles": ["profiles.md", *profile_pages()]},
        {"The virtual tenant": [{title: path} for title, path in TENANT.items()]},
        {"Project": [{title: path} for title, path in PROJECT.items()]},
    ]


def profile_pages() -> Nav:
    """Return the navigation's entries for the page of each profile, by its title."""
    shipped = (get_profile(name) for name in profile_names() if name != "own")
    return [{profile.title: f"profiles/{profile.name}.md"} for profile in shipped]


def sections(groups: list[tuple[str, list[tuple[str, str]]]]) -> Nav:
    """Return the navigation's entries: groups with their pages, as title and path."""
    return [{title: [{name: path} for name, path in members]} for title, members in groups]
