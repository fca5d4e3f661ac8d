"""README.md with the demo's output, as the terminal shows it at a fixed moment."""

from __future__ import annotations

import io
import re

from conformance.fakes import Fake
from conformance.report.document import document
from conformance.report.terminal import Terminal
from conformance.report.terminal_layout import console
from conformance.verification.api import verify
from scripts.pages.operations import ROOT, START, demo

COMMAND = "pytest --sentinel-config=examples/demo.toml --sentinel-source=fake:no-azure-role"
"""The command of `make demo SCENARIO=no-azure-role`."""


def page() -> str:
    """Return README.md with the output of the demo between its markers."""
    report = verify(demo(), source=Fake("no-azure-role", START))
    buffer = io.StringIO()
    Terminal(console(buffer, width=80, color=False)).show(document([report], command=COMMAND))
    text = buffer.getvalue()
    for exchange in report.gathered.exchanges:
        text = text.replace(exchange.request_id or "-" * 36, "3f1d9c52-0d0b-4f7b-9a1e-6f2b1c7d8e90")
    text = re.sub(r"in \d+\.\d+ s", "in 0.2 s", text)
    now = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, rest = now.partition("<!-- demo -->\n")
    return f"{before}<!-- demo -->\n```\n{text}```\n<!-- /demo -->{rest.partition('<!-- /demo -->')[2]}"
