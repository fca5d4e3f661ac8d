"""docs/readiness.md: what Microsoft has announced to end, on which day, and which checks show that it is used."""

from __future__ import annotations

from conformance.checks.announcements import ANNOUNCEMENTS, SOON, Announcement
from conformance.checks.registry import get_check
from scripts.pages.markdown import NOTE, table

HEAD = f"""\
# Ready for what ends

Microsoft Sentinel leaves the Azure portal, and APIs that connections use have an announced end. A run says whether a
connection depends on one of them, and what is left to do. All of it is advice: a warning, never a failure unless
`--sentinel-strict-retirements` is given. The ends of APIs are shown from {SOON.days} days before.

```console
pytest --sentinel-config=conn.toml -m readiness      # these checks alone
pytest --sentinel-config='fleet/*.toml' --sentinel-report=reports
```

The second one verifies many connections. The report's page of a fleet lists which customers are not ready, what each
has left to do, and the days that remain.
"""
UNIFIED = """\
## Unified RBAC of the Defender portal

Unified RBAC for Microsoft Sentinel is in preview. Once it is activated for a workspace, Azure shows roles there whose
names begin with "Defender Unified RBAC", and which hold no service principals. [RBAC-024](checks.md#RBAC-024) warns
where an app has such a role. What the activation does to the access of an app is not documented, and no check
speaks of it: keep the Azure role of the guide.
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
    """Return what there is to know of an announced end."""
    checks = [f"- {link(id)}: {get_check(id).title}" for id in announcement.checks]
    lines = [
        f'<a id="{announcement.id}"></a>\n\n## {announcement.what}\n',
        f"Ends on {announcement.ends.isoformat()} ([source]({announcement.source})).\n",
        f"What is left to do: {announcement.remaining}.\n",
        *([f"In the onboarding guide: {announcement.guide}\n"] if announcement.guide else []),
        *(["Checks:\n", *checks] if checks else ["No check sees it."]),
    ]
    return "\n".join(lines) + "\n"
