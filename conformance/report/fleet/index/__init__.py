"""``index.html``: a fleet as one page that needs nothing else, with links to the pages of those in trouble."""

from conformance.report.fleet.index.page import index

__all__ = ["index"]
