"""Write the pages of docs/ that are generated from declarations, the demo's output in the README and the schema of the
report. `--check` only compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conformance.report.json import schema
from scripts.pages import (
    agreement,
    cassettes,
    checks,
    ci,
    fakes,
    fidelity,
    findings,
    permissions,
    profiles,
    proxies,
    readiness,
    readme,
    recording,
)

ROOT = Path(__file__).parents[1]


def pages() -> dict[str, str]:
    """Return the text of every generated page by its path."""
    return {
        "docs/checks.md": checks.page(),
        "docs/ci.md": ci.page(),
        "docs/findings.md": findings.page(),
        "docs/permissions.md": permissions.page(),
        **profiles.pages(),
        "docs/fakes.md": fakes.page(),
        "docs/agreement.md": agreement.page(),
        "docs/fidelity.md": fidelity.page(),
        "docs/recording.md": recording.page(),
        "docs/proxies.md": proxies.page(),
        "docs/readiness.md": readiness.page(),
        "cassettes/INDEX.md": cassettes.page(),
        "README.md": readme.page(),
        "conformance/report/schema.json": json.dumps(schema(), indent=1) + "\n",
    }


def main() -> int:
    """Write the stale generated pages and print their names; return 1 if ``--check`` finds any."""
    stale = []
    for name, text in pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale:
        print("\n".join(stale))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
