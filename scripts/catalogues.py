"""Update the message catalogues of the hand-back page to its texts, and compile them. `--check` only compares."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from conformance.report.handback.texts import DOMAIN, LANGUAGES, LOCALE, texts

PROJECT = "sentinel-conformance"


def updated(language: str, path: Path) -> Catalog:
    """Return the catalogue of a language with exactly the existing texts; new texts have no translation yet."""
    old = read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    new = Catalog(
        locale=language,
        domain=DOMAIN,
        header_comment=f"# The hand-back page of {PROJECT}. After a change: make locale",
        project=PROJECT,
        version="1",
        msgid_bugs_address=PROJECT,
        last_translator=PROJECT,
        language_team=language,
        creation_date=old.creation_date,
        revision_date=old.revision_date,
        fuzzy=False,
    )
    for where, message in texts().messages():
        previous = old.get(message)
        flags = previous.flags - {"python-brace-format"} if previous else set()
        new.add(message, previous.string if previous else "", auto_comments=[where], flags=flags)
    return new


def files() -> Iterator[tuple[Path, bytes]]:
    """Yield the path and the content of each up-to-date catalogue: as a translator edits it (.po), and compiled
    (.mo).
    """
    for language in LANGUAGES:
        if language == "en":
            continue
        path = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        catalog = updated(language, path)
        edited, compiled = io.BytesIO(), io.BytesIO()
        write_po(edited, catalog, width=100)
        write_mo(compiled, catalog)
        yield path, edited.getvalue()
        yield path.with_suffix(".mo"), compiled.getvalue()


def main() -> int:
    """Write the stale catalogues and print their names; return 1 if ``--check`` finds any."""
    stale = []
    for path, content in files():
        if not path.exists() or path.read_bytes() != content:
            stale.append(path)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    if stale:
        print("\n".join(map(str, stale)))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
