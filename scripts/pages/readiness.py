"""docs/readiness.md: the retirements that Microsoft has announced, their dates, and the checks that detect a
dependency.
"""

from __future__ import annotations

from conformance.checks.announcements import ANNOUNCEMENTS, SOON, Announcement
from conformance.checks.registry import get_check
from scripts.pages.markdown import NOTE, table

HEAD = f"""\
# Ready for what ends

Microsoft Sentinel leaves the Azure portal, and APIs that connections use have an announced end. A run reports whether a
connection depends on one of them, and the remaining tasks. These are only warnings, never failures unless
`--sentinel-strict-retirements` is given. The ends of APIs are shown from {SOON.days} days before.

```console
pytest --sentinel-config=conn.toml -m readiness      # only these checks
pytest --sentinel-config='fleet/*.toml' --sentinel-report=reports
```

The second command verifies many connections. The fleet page of the report lists the customers that are not ready, their
remaining tasks, and the remaining days.
"""
UNIFIED = """\
## Unified RBAC of the Defender portal

Unified RBAC for Microsoft Sentinel is in preview. Once it is activated for a workspace, Azure shows roles there whose
names begin with "Defender Unified RBAC", and which hold no service principals. [RBAC-024](checks.md#RBAC-024) warns if
an app has such a role. The effect of the activation on the access of an app is not documented, and no check judges it:
keep the Azure role of the guide.
"""


def page() -> str:
    """Return the page."""
    rows = (
        (
            announcement.ends.isoformat(),
            f"[{announcement.what}](#{id})",
            ", ".join(map(link, announcement.checks)) or "-",
        )
        for id, announcement in ANNOUNCEMENTS.items()
    )
    overview = table(("day", "what ends", "checks"), rows)
    return "\n".join([NOTE, HEAD, overview, *map(section, ANNOUNCEMENTS.values()), UNIFIED])


def link(id: str) -> str:
    """Return the Markdown link to a check."""
    return f"[{id}](checks.md#{id})"


def section(announcement: Announcement) -> str:
    """Return the section of an announced retirement."""
    checks = [f"- {link(id)}: {get_check(id).title}" for id in announcement.checks]
    lines = [
        f'<a id="{announcement.id}"></a>\n\n## {announcement.what}\n',
        f"Ends on {announcement.ends.isoformat()} ([source]({announcement.source})).\n",
        f"What is left to do: {announcement.remaining}.\n",
        *([f"In the onboarding guide: {announcement.guide}\n"] if announcement.guide else []),
        *(["Checks:\n", *checks] if checks else ["No check sees it."]),
    ]
    return "\n".join(lines) + "\n"
