"""The verdict as a badge: a small SVG for a status page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import UNSET

from conformance.report.model import Document
from conformance.report.provenance import Provenance, provenance
from conformance.report.templates import environment
from conformance.verification.verdict import VerdictStatus

COLOURS: Mapping[VerdictStatus, str] = {
    "nonconformant": "#b42318",
    "incomplete": "#57606a",
    "partial": "#57606a",
    "conformant": "#2a7d34",
}
"""From the worst verdict to the best. Each colour has a contrast of at least 4.5 with white letters, and the word
repeats the verdict.
"""
WORDS: Mapping[VerdictStatus, str] = {
    "nonconformant": "broken",
    "incomplete": "unclear",
    "partial": "passed in part",
    "conformant": "works",
}
WORDS_OF_MANY: Mapping[VerdictStatus, str] = {**WORDS, "conformant": "work"}
LETTER, MARGIN = 6.6, 6
"""The width of an average letter at 11 px, and the space on each side of a text; in pixels."""


def badge(document: Document) -> bytes:
    """Return an SVG with the worst verdict of a run; for several connections, also how many have that verdict."""
    statuses = Counter(connection.verdict.status for connection in document.connections)
    coverage = document.connections[0].verdict.coverage if len(document.connections) == 1 else UNSET
    word = f"{coverage.ran} of {coverage.total} checks passed" if coverage and statuses["partial"] else None
    return badge_of(statuses, document.run.unfinished, provenance(document), word)


def badge_of(
    statuses: Counter[VerdictStatus], unfinished: int = 0, origin: Provenance | None = None, word: str | None = None
) -> bytes:
    """Return an SVG with the worst of the verdicts that ``statuses`` counts; ``word`` replaces the usual word for it.

    Unfinished connections count as unclear. For a simulation or a recording (``origin``), the label begins with that
    word.
    """
    statuses = Counter(statuses)
    statuses["incomplete"] += unfinished
    status = next(status for status in COLOURS if statuses[status] or status == "conformant")
    many = statuses.total()
    label = "Sentinel connection" if many == 1 else f"{many} Sentinel connections"
    label = f"{origin.kind}: {label}" if origin else label
    word = word or WORDS[status] if many == 1 else f"{statuses[status]} {WORDS_OF_MANY[status]}"
    label_width, word_width = (round(len(text) * LETTER) + 2 * MARGIN for text in (label, word))
    template = environment("conformance.report").get_template("badge.svg")
    return template.render(label=label, word=word, colour=COLOURS[status], left=label_width, right=word_width).encode()
