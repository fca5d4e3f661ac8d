"""The pages made from the overview: one of the whole fleet, and one for each owner. They have the style of
``report.html``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from conformance.report.badge import WORDS_OF_MANY
from conformance.report.fleet.overview import Overview, Row, SharedCause, counted
from conformance.report.fleet.trend_svg import STYLE, chart
from conformance.report.handback.texts import texts
from conformance.report.html.page import VOCABULARY
from conformance.report.provenance import provenance
from conformance.report.templates import environment, text_of
from conformance.report.wording import OWNERS

LOOK = "conformance.report.html"
OWNER_PAGES = "owners"
"""The folder with the pages for owners."""
WITHOUT_PAGE = ("nobody", "provider")
"""Owners that have no page: it could not be sent to them."""
NOT_KNOWN = "unknown"
"""The group of connections without a cause."""


@dataclass(frozen=True, slots=True)
class Group:
    """The connections in trouble whose first cause has the same owner."""

    owner: str
    rows: list[Row]

    @property
    def title(self) -> str:
        """Return the owner's title."""
        return OWNERS.get(self.owner, "not known, as something could not be established")


def groups(fleet: Overview) -> list[Group]:
    """Return the connections in trouble grouped by the owner of their first cause, in the order of ``OWNERS``."""
    rows_by_owner: dict[str, list[Row]] = {owner: [] for owner in (*OWNERS, NOT_KNOWN)}
    for row in fleet.trouble:
        rows_by_owner[row.owners[0] if row.owners else NOT_KNOWN].append(row)
    return [Group(owner, rows) for owner, rows in rows_by_owner.items() if rows]


def index(fleet: Overview) -> bytes:
    """Return ``index.html``."""
    nights = fleet.past.runs if len(fleet.past.runs) > 1 else ()
    return _render(
        "index.html",
        fleet,
        style=STYLE if nights else "",
        root="",
        chart=Markup(chart(nights)) if nights else "",  # noqa: S704 - our own, escaped by ElementTree
        groups=groups(fleet),
        to_fix=[cause for cause in fleet.causes if cause.weight != "warning"],
        noted=[cause for cause in fleet.causes if cause.weight == "warning"],
        verdicts={status: count for status in WORDS_OF_MANY if (count := fleet.verdicts[status])},
    )


def owner_pages(fleet: Overview, contact: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the name of the file and the page of each owner. ``contact`` is the name and address of the sender."""
    for owner in sendable(fleet):
        causes = [cause for cause in fleet.causes if cause.owner == owner]
        yield (
            f"{owner}.html",
            _render(
                "owner.html",
                fleet,
                root="../",
                owner=owner,
                contact=contact,
                causes=causes,
                to_fix=_names(cause for cause in causes if cause.weight != "warning"),
                text=texts().page,
            ),
        )


def sendable(fleet: Overview) -> list[str]:
    """Return the owners that have a page."""
    return [owner for owner in fleet.owners if owner not in WITHOUT_PAGE]


def _names(causes: Iterator[SharedCause]) -> list[str]:
    return list(dict.fromkeys(name for cause in causes for name in cause.names))


def _render(template: str, fleet: Overview, style: str = "", **values: object) -> bytes:
    text = (
        environment(__package__, LOOK)
        .get_template(template)
        .render(
            **VOCABULARY,
            fleet=fleet,
            full=True,
            origin=provenance(fleet.head),
            run=fleet.head.run,
            suite=fleet.head.suite,
            pages={row.name: row.page for row in fleet.rows if row.page},
            words=WORDS_OF_MANY,
            sendable=sendable(fleet),
            owner_pages=OWNER_PAGES,
            style=Markup(text_of(LOOK, "page.css") + text_of(__package__, "index.css") + style),  # noqa: S704 - our own
            script=Markup(text_of(__package__, "index.js")),  # noqa: S704 - our own
            counted=counted,
            **values,
        )
    )
    return text.encode("utf-8", "replace")
