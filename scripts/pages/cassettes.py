"""cassettes/INDEX.md: the cassettes that come with the suite, by their manifests."""

from __future__ import annotations

from pathlib import Path

from conformance.recording.cassette import Cassette, names, read
from scripts.pages.markdown import NOTE, cause, code, table

FOLDER = Path(__file__).parents[2] / "cassettes"
HEAD = """
# Cassettes

Recorded connections, one folder each, that can be replayed without network or credential:

    pytest --sentinel-source=cassette:NAME

The tier is the source of the recording: `virtual` is the virtual tenant of this suite, served over TLS; `recorded` is a
real tenant. There is none until a user records one: see [recording.md](../docs/recording.md).
"""


def page() -> str:
    """Return the text of the page of cassettes."""
    manifests = [read(FOLDER / name) for name in names(FOLDER)]
    head = ("cassette", "tier", "verdict", "root cause", "checks", "requests", "cloud", "suite", "checks of")
    return NOTE + HEAD + "\n" + table(head, map(row, manifests))


def row(cassette: Cassette) -> tuple[object, ...]:
    """Return the cells of a cassette's row, in the order of the table's head."""
    manifest = cassette.manifest
    causes = {
        check.cause: None for check in manifest.checks if check.cause and check.outcome in ("failed", "inconclusive")
    }
    return (
        code(manifest.name),
        manifest.tier,
        manifest.verdict,
        ", ".join(cause(id, "../docs/findings.md") for id in causes),
        len(manifest.checks),
        manifest.requests,
        manifest.connection.cloud,
        manifest.suite,
        manifest.checks_version,
    )
