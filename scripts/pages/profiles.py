"""docs/profiles.md and a page for each profile: the tools that use a connection, and their needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.apis import ENDPOINTS
from conformance.connection import Profile, get_profile, profile_names
from conformance.connection.profile import DEFAULT
from conformance.connection.requirement import Route
from scripts.pages.markdown import NOTE, code, table

HEAD = f"""\
# Profiles

A profile is the purpose of a connection. `profile = "NAME"` in the connection file determines the permissions, Azure
roles and actions that the checks require, the operations that are sent, the permissions that the fixes grant, and those
that are too many. Without it the profile is `{DEFAULT}`: the onboarding guide's connection.

A profile contains only information from its source; conclusions from it are listed under “What is inferred”. Nothing
ever writes: a permission or an action that changes data is verified only by the token and by the effective permissions.

A tool that sends rows has its role at a data collection rule: its profile needs the table
[`[connection.ingestion]`](ingestion.md), which any other profile can have too. A profile with APIs that the cloud does
not have, or that Azure Lighthouse does not delegate, is an error in the file.
"""
OWN = """\
## A tool of your own

`profile = "own"` requires only the needs in `[connection.expect]`. With any other profile, these lists add to it.

```toml
[connection]
profile = "own"
[connection.expect]
permissions = ["Graph: SecurityIncident.Read.All", "Defender: Machine.Read.All"]
actions = ["Microsoft.SecurityInsights/incidents/write"]
routes = ["Sentinel: GET {sentinel}/incidents", "Graph: GET /v1.0/security/incidents"]
```

- `permissions`: application permissions, each with its API (Graph, Defender or Log Analytics). The token must carry
  each of them. The fix has the ids that this suite knows.
- `actions`: Azure actions that the app must be allowed at the workspace. The fix names the least role of Microsoft
  Sentinel that gives them all.
- `routes`: the reads to send, as listed in [operations and permissions](permissions.md), with the name of the API in
  front. A route adds its least permission, unless a listed permission is enough. `Graph: *` means all reads that the
  listed permissions allow.

A verification also reads the workspace and the app's own roles there, which every role of Microsoft Sentinel
includes. A custom role needs `Microsoft.OperationalInsights/workspaces/read`, `Microsoft.Authorization/*/read` and
`Microsoft.SecurityInsights/onboardingStates/read` for that.

## To add a profile

Write `conformance/connection/profiles/NAME.toml` with its `sources`, and run `make docs`. `tests/test_profiles.py`
compares it with published permissions, actions and roles, and verifies it with each of them missing.
"""


def pages() -> dict[str, str]:
    """Return the pages by their paths."""
    profiles = [get_profile(name) for name in profile_names() if name != "own"]
    rows = (
        (f"[{code(profile.name)}](profiles/{profile.name}.md)", profile.title, asks_for(profile))
        for profile in profiles
    )
    index = "\n".join([NOTE, HEAD, table(("profile", "for", "asks for"), rows), OWN])
    return {"docs/profiles.md": index, **{f"docs/profiles/{profile.name}.md": page(profile) for profile in profiles}}


def asks_for(profile: Profile) -> str:
    """Return the permissions and roles of a profile, or a dash."""
    return ", ".join(code(str(need)) for need in (*profile.permissions, *profile.roles)) or "-"


def page(profile: Profile) -> str:
    """Return the page of a profile."""
    return "\n".join([NOTE, f"# {profile.title}\n", *sections(profile)])


def sections(profile: Profile) -> Iterator[str]:
    """Yield the sections of a profile's page, without empty ones."""
    if profile.about:
        yield f"{profile.about}\n"
    yield f'In the connection file: `profile = "{profile.name}"`.\n'
    scope = f"Azure roles, at the {profile.scope}"
    routes = (f"{code(str(route))}: {operations(route)}" for route in profile.routes)
    yield from listed("Application permissions", map(code, map(str, profile.permissions)))
    yield from listed("Application permissions for a part of it", map(code, map(str, profile.optional)))
    yield from listed(scope, map(code, profile.roles))
    yield from listed("Azure actions", map(code, profile.actions))
    yield from listed("What is asked", routes)
    yield from listed("What the tool does beside that, and is never asked", profile.unasked)
    yield from listed("What the source says and no check looks at", profile.unverified)
    yield from listed("What is inferred", profile.inferred)
    yield from listed("What the source says nothing about", profile.silent)
    yield from listed("Source", (f"<{source.url}>, read on {source.read}" for source in profile.sources))


def operations(route: Route) -> str:
    """Return links to the operations of a route, or their number if there are more than three."""
    names = [endpoint.name for endpoint in ENDPOINTS.values() if route.leads_to(endpoint)]
    if len(names) > 3:
        return f"{len(names)} operations"
    return ", ".join(f"[{code(name)}](../permissions.md#{name})" for name in names)


def listed(title: str, items: Iterable[str]) -> Iterator[str]:
    """Yield a section with a list; nothing for an empty list."""
    if lines := [f"- {item}" for item in items]:
        yield f"## {title}\n\n" + "\n".join(lines) + "\n"
