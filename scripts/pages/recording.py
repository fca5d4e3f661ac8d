"""docs/recording.md: recording, scrubbing, replaying and sharing a connection."""

from __future__ import annotations

from conformance.recording.fields import treatments
from conformance.recording.pseudonym_kinds import KINDS
from conformance.recording.scrub_cassette import HEADERS
from scripts.pages.markdown import NOTE, code, table

HEAD = """
# Recording and replaying

A connection is recorded once, and replayed as often as needed: in CI without a tenant, or at the vendor without access
to the customer's tenant. A recording is a **cassette**: a folder with `interactions.json`, the requests and answers,
and `manifest.json`, the results. Both can be read, committed and shared.

## To record

    pip install 'sentinel-conformance[recording]'
    pytest --sentinel-config=conn.toml --record-mode=once

This writes `cassettes/NAME/` for each connection, where NAME is the name of the connection (`--sentinel-cassettes=DIR`
sets another folder). `-k` and `-m` record only some checks. The name is written unchanged: choose a name that may be
public.

| `--record-mode` | a connection that has a cassette |
| --- | --- |
| `once` | is replayed |
| `new_episodes` | is recorded again if it lacks a selected check or has another set of checks, else replayed |
| `all`, `rewrite` | is recorded again |
| `none` | is verified live, and not recorded |

All pseudonyms and times of a recording belong together. So it is always replaced as a whole, never extended. Only the
network can be recorded (`--sentinel-source=live`), and only in one process (no `-n`).

The recording stays in memory until these steps are finished, and is only then written, each file completely or not at
all:

1. it is scrubbed, as described below;
2. it is replayed: every check must have the same outcome as live;
3. it is scanned for leaks, by rules that are independent of the scrubber (`python -m conformance.recording scan
   cassettes/` does the same at any time).

If a recording does not pass, the run prints the reason, nothing is written, an older cassette stays, and the exit code
is 4 if it would have been 0. **Read the files before you share them**: the rules know forms and fields, and you know
your names.

## To replay

    pytest --sentinel-config=conn.toml --sentinel-source=cassette     # each connection's own cassette
    pytest --sentinel-source=cassette:NAME                            # one cassette, without any connection file
    pytest --sentinel-source=cassette                                 # all in the folder

This needs no network, no credential and no extra, and sends nothing. The connection is the recorded connection, under
pseudonyms; only its name comes from the connection file. The clock is the clock of the recording too: a secret that was
about to expire still is, and waiting takes no time. Checks that were not recorded are left out. A name is searched in
`--sentinel-cassettes`, then among the [cassettes of the suite](../cassettes/INDEX.md).

- A request that is not in the cassette is an **error** of the checks that need it; it names the probe and the cassette.
  It is never a failure.
- Requests are compared by method, host, path, options in any order, and the content of the body: the text of a query;
  `client_id`, `grant_type` and `scope` of a token request. Repeated requests get their recorded answers in order, then
  always the last answer.
- A network failure is recorded, and replayed as the same failure.
- A cassette that is damaged, empty, foreign or of another format is reported in one line; the exit code is 4.

In Python, `verify(connection, source="cassette:NAME")` does the same.

## To share

A customer records, reads and sends the folder; the vendor puts it below `cassettes/` and replays it, with the same
verdict, the same root cause and the same commands, but with pseudonyms instead of names. Only the customer knows the
real names: the table of pseudonyms is never written.

A vendor who has a cassette can keep it as a test: `pytest --sentinel-source=cassette` in CI fails when a new version of
the suite judges differently, and `--sentinel-compare` shows the changes since a manifest.

## What is scrubbed

Every value that is not known to be public counts as the customer's, and gets a pseudonym according to its form and its
member. The same value has the same pseudonym everywhere (in URLs, bodies of all APIs, claims of tokens, JSON within
texts, cells of rows), and no two values share a pseudonym. The case of names and ids does not matter, as for the
services.

- **Credentials are not kept at all**: no header of a request, no cookie, no secret, no assertion. A token is replaced
  by a token without signature, with the same claims under pseudonyms. A secret is replaced by a value that is no
  secret; if the real secret was malformed, so is this value.
- **Dates move as one block**, by a number of days (1 to 28) that is not written: ages and times of day keep their
  meaning.
- **Public values stay**: hosts, paths and words of the services, values of enumerations, names of tables and
  columns, permissions and actions, built-in roles, ids of APIs and permissions, versions, counts and numbers of
  incidents.
- **Error texts keep the words** of the catalogues and of the known refusals; any other word is treated as a name.
"""


REST = """\
A value with an identifying form (a GUID, an address, a URL, an ARM id, a hash, a path) gets its pseudonym in any
member. For other values the member decides; a member that is not listed has free text.
"""
EXAMPLES = {"mac": "00:00:00:00:00:00", "hash": "0" * 40, "number": "0" * 12, "path": "\\\\", "url": "https:"}


def page() -> str:
    """Return the text of docs/recording.md."""
    forms = ((kind.title, code(kind.make(1, EXAMPLES.get(kind.name, "")))) for kind in KINDS.values())
    members = (
        (
            code(treatment.name),
            treatment.does,
            ", ".join(code(member) for member in sorted(treatment.members, key=str.lower)),
        )
        for treatment in treatments().values()
    )
    headers = ((code(name), how) for name, how in HEADERS.items())
    return "\n".join(
        (
            NOTE + HEAD,
            "### Pseudonyms\n",
            table(("value", "pseudonym"), forms),
            "### Members of answers\n",
            REST,
            table(("treatment", "effect", "members"), members),
            "### Headers of answers\n",
            "All others are dropped.\n",
            table(("header", "treatment"), headers),
        )
    )
