"""``report.html``: the whole report as one page that needs nothing else, not even JavaScript."""

from conformance.report.html.page import page

__all__ = ["page"]
