"""Build the site into site/: a page for each check and each cause, and the pages of docs/. Needs the extra `docs`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from scripts.pages import landing, site
from scripts.pages.scenario_outcomes import ScenarioOutcomes, run_scenarios

ROOT = Path(__file__).parents[1]
CONFIG = Path(__file__).with_name("zensical.toml")
ASSETS = tuple(Path(__file__).with_name(name) for name in ("site.css", "iframe-worker.js"))


def write(folder: Path, outcomes: ScenarioOutcomes) -> Path:
    """Write the sources of the site to a folder: pages, style and configuration; return the path of the
    configuration.
    """
    for name, text in site.sources(outcomes).items():
        path = folder / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in site.linked():
        path = folder / "pages" / site.FILES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, path)
    for name, content in landing.examples().items():
        path = folder / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for asset in ASSETS:
        shutil.copy(asset, folder / "pages")
    config = folder / CONFIG.name
    config.write_text(
        CONFIG.read_text(encoding="utf-8").replace("nav = []", f"nav = {toml(site.nav())}"), encoding="utf-8"
    )
    return config


def toml(value: site.Nav | site.Item) -> str:
    """Return a navigation as TOML, on one line. Strings are written as JSON, which is valid TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml(key)} = {toml(item)}" for key, item in value.items()) + "}"
    return f"[{', '.join(map(toml, value))}]"


def build(folder: Path, outcomes: ScenarioOutcomes) -> Path:
    """Build the site and return its folder. Raises ``CalledProcessError`` for a link or an anchor that does not
    exist.
    """
    config = write(folder, outcomes)
    zensical = Path(sysconfig.get_path("scripts")) / "zensical"
    subprocess.run([zensical, "build", "--strict", "--clean", "--config-file", config], check=True, cwd=folder)  # noqa: S603
    return folder / "site"


def main() -> int:
    """Build the site; return the exit code."""
    work = ROOT / "build" / "site"
    shutil.rmtree(work, ignore_errors=True)
    try:
        built = build(work, run_scenarios())
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    shutil.rmtree(ROOT / "site", ignore_errors=True)
    built.rename(ROOT / "site")
    print("site/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
