"""The page from the overview, in the dress of ``report.html``."""

from __future__ import annotations

from markupsafe import Markup

from conformance.report.badge import WORDS_OF_MANY
from conformance.report.fleet.overview import Overview, counted
from conformance.report.provenance import provenance
from conformance.report.templates import environment, text_of
from conformance.report.wording import OWNERS, SIGNS, asked, capital

LOOK = "conformance.report.html"


def index(fleet: Overview) -> bytes:
    """Return the whole page."""
    style = Markup(text_of(LOOK, "page.css") + text_of(__package__, "index.css"))  # noqa: S704 - our own
    template = environment(__package__, LOOK).get_template("index.html")
    text = template.render(
        fleet=fleet,
        origin=provenance(fleet.head),
        run=fleet.head.run,
        suite=fleet.head.suite,
        pages={row.name: row.page for row in fleet.rows if row.page},
        mend=[one for one in fleet.causes if one.weight != "warning"],
        noted=[one for one in fleet.causes if one.weight == "warning"],
        verdicts={status: count for status in WORDS_OF_MANY if (count := fleet.verdicts[status])},
        words=WORDS_OF_MANY,
        owners=[owner for owner in OWNERS if any(owner in row.owners for row in fleet.rows)],
        style=style,
        script=Markup(text_of(__package__, "index.js")),  # noqa: S704 - our own
        SIGNS=SIGNS,
        OWNERS=OWNERS,
        capital=capital,
        asked=asked,
        counted=counted,
    )
    return text.encode("utf-8", "replace")
