"""``report.html``, rendered from the document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from markupsafe import Markup

from conformance.checks.registry import AREAS
from conformance.findings import CAUSES
from conformance.report.html.chain import Chain, chain
from conformance.report.html.timeline import Timeline, timeline
from conformance.report.model import CheckPart, ConnectionPart, Document, RequestPart
from conformance.report.provenance import provenance
from conformance.report.templates import environment, text_of
from conformance.report.terminal_layout import option_lines
from conformance.report.wording import (
    ORDER,
    OWNERS,
    SIGNS,
    areas_of,
    capital,
    counted,
    day_of,
    first_sentence,
    forms,
    headline,
    next_action,
    part_notice,
    plural,
    proof_of,
    request_summary,
)

VOCABULARY: Mapping[str, object] = {
    "AREAS": AREAS,
    "CAUSES": CAUSES,
    "OWNERS": OWNERS,
    "SIGNS": SIGNS,
    "areas_of": areas_of,
    "forms": forms,
    "day_of": day_of,
    "request_summary": request_summary,
    "first_sentence": first_sentence,
    "option_lines": option_lines,
    "plural": plural,
    "proof_of": proof_of,
    "capital": capital,
}
"""Words and functions that every template can use."""
LARGEST = 300_000
"""The maximum size of a page in bytes. A larger page omits details: first the evidence of passed checks, then the
pictures.
"""
MAX_OPEN_CONNECTIONS = 3
"""For more connections than this, evidence is only in the JSON report."""
MAX_TODO = 12
"""The maximum number of root causes listed at the top of a page."""
DETAILS = ("everything", "pictures", "causes")


@dataclass(frozen=True)
class View:
    """A connection, prepared for the template."""

    part: ConnectionPart
    anchor: str

    @cached_property
    def areas(self) -> list[tuple[str, list[CheckPart]]]:
        """Return the checks of each area, in the order of the report."""
        return [(area, list(by_area)) for area, by_area in groupby(self.part.checks, key=lambda check: check.area)]

    @cached_property
    def chain(self) -> Chain:
        """Return the picture of the connection's parts."""
        return chain(self.part.checks)

    @cached_property
    def timeline(self) -> Timeline:
        """Return the picture of the requests over time."""
        return timeline(self.part.requests)

    @cached_property
    def noted(self) -> list[CheckPart]:
        """Return the checks with a warning or an internal error."""
        return [check for check in self.part.checks if check.outcome in ("warning", "error")]

    @cached_property
    def _owners(self) -> Mapping[tuple[str, str], str]:
        return {(cause.check, cause.cause): cause.owner for cause in (*self.part.root_causes, *self.part.accepted)}

    def owner(self, check: CheckPart) -> str:
        """Return the owner of a check's finding; empty if there is nothing to do."""
        if check.finding:
            return check.finding.owner
        return self._owners.get((check.blocked_by or "", check.cause or ""), "")

    @cached_property
    def owners(self) -> list[str]:
        """Return the owners of all findings, in the order of ``OWNERS``."""
        owners = {self.owner(check) for check in self.part.checks}
        return [owner for owner in OWNERS if owner in owners]

    def counts_of(self, checks: Sequence[CheckPart]) -> str:
        """Return the number of checks with each outcome, as text."""
        return counted(Counter[str](check.outcome for check in checks))

    def title(self, check_id: str, cause: str) -> str:
        """Return the title of a check; the meaning of the cause if the check was not selected."""
        return next((check.title for check in self.part.checks if check.id == check_id), CAUSES[cause].means)

    def requests(self, check: CheckPart) -> Iterator[RequestPart]:
        """Return the requests of a check's probes."""
        return (request for request in self.part.requests if request.probe in check.probes)


def page(document: Document) -> bytes:
    """Return the whole page, with as many details as its maximum size allows."""
    for detail in DETAILS if len(document.connections) <= MAX_OPEN_CONNECTIONS else DETAILS[1:]:
        text = render(document, detail)
        if len(text) <= LARGEST:
            break
    return text


def render(document: Document, detail: str) -> bytes:
    """Return the page with the details of one of ``DETAILS``."""
    style, script = (Markup(text_of(__package__, name)) for name in ("page.css", "page.js"))  # noqa: S704 - our own
    views = [View(part, f"c{number}") for number, part in enumerate(document.connections, 1)]
    status, sentence = headline(document)
    template = environment(__package__).get_template("page.html")
    text = template.render(
        document=document,
        comparison=document.comparison or None,
        views=views,
        full=detail == "everything",
        pictures=detail != "causes",
        rows=rows(views),
        row_owners=row_owners(views),
        owners=[owner for owner in OWNERS if any(owner in view.owners for view in views)],
        origin=provenance(document),
        part_notice=part_notice(document),
        todo=[
            {"anchor": f"{view.anchor}-fix-{number}", "name": view.part.name, "cause": cause}
            for view in views
            for number, cause in enumerate(view.part.root_causes, 1)
        ][:MAX_TODO],
        status=status,
        sentence=sentence,
        action=next_action(document),
        totals=totals(document),
        style=style,
        script=script,
        **VOCABULARY,
    )
    return text.encode("utf-8", "replace")


def totals(document: Document) -> dict[str, int]:
    """Return the number of checks with each outcome, over all connections; outcomes that need attention come first."""
    counts = {
        outcome: sum(connection.verdict.counts.get(outcome, 0) for connection in document.connections)
        for outcome in ORDER
    }
    return {outcome: count for outcome, count in counts.items() if count}


def rows(views: Sequence[View]) -> list[tuple[CheckPart, list[CheckPart | None]]]:
    """Return each check that applies to at least one connection, with its outcomes in the order of ``views``; an
    outcome is None where the check was not selected.
    """
    by_id = [{check.id: check for check in view.part.checks} for view in views]
    parts = {id: check for checks in reversed(by_id) for id, check in checks.items()}
    places = {id: place for place, id in enumerate(dict.fromkeys(id for checks in by_id for id in checks))}
    by_check = [(parts[id], [checks.get(id) for checks in by_id]) for id in sorted(parts, key=places.__getitem__)]
    return [(check, outcomes) for check, outcomes in by_check if any(map(applies, outcomes))]


def applies(check: CheckPart | None) -> bool:
    """Return whether a check was selected and applies to its connection."""
    return check is not None and not check.outcome.startswith("not_")


def row_owners(views: Sequence[View]) -> dict[str, str]:
    """Return the owners of each check's findings on all connections, by check id, separated by spaces."""
    owners: dict[str, dict[str, None]] = {}
    for view in views:
        for check in view.part.checks:
            if owner := view.owner(check):
                owners.setdefault(check.id, {})[owner] = None
    return {check.id: " ".join(owners.get(check.id, ())) for view in views for check in view.part.checks}
