"""``index.html``: the page of a fleet, without external files, with links to the pages of connections in trouble."""

from conformance.report.fleet.index.page import OWNER_PAGES, index, owner_pages

__all__ = ["OWNER_PAGES", "index", "owner_pages"]
