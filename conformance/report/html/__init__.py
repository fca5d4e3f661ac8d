"""``report.html``: the whole report as one page without external files, readable without JavaScript."""

from conformance.report.html.page import page

__all__ = ["page"]
