"""``index.html``: a fleet as one page that needs nothing else, with links to the pages of those in trouble."""

from conformance.report.fleet.index.page import OWNER_PAGES, index, owner_pages

__all__ = ["OWNER_PAGES", "index", "owner_pages"]
