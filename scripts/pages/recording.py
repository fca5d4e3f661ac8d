"""docs/recording.md: how a connection is recorded, what is scrubbed, how it is replayed and shared."""

from __future__ import annotations

from conformance.recording.fields import treatments
from conformance.recording.pseudonym_kinds import KINDS
from conformance.recording.scrub_cassette import HEADERS
from scripts.pages.markdown import NOTE, code, table

HEAD = """
# Recording and replaying

A connection is recorded once, and replayed for ever: in CI without a tenant, or at the vendor's desk while the
customer's tenant is far away. A recording is a **cassette**: a folder with `interactions.json`, which is what was asked
and answered, and `manifest.json`, which is what came of it. Both are made to be read, committed and shared.

## To record

    pip install 'sentinel-conformance[recording]'
    pytest --sentinel-config=conn.toml --record-mode=once

writes `cassettes/NAME/` for each connection, NAME being the connection's (`--sentinel-cassettes=DIR` is another
folder). `-k` and `-m` record some of the checks. The name is written as it is: choose one that may be known.

| `--record-mode` | a connection that has a cassette |
| --- | --- |
| `once` | is replayed |
| `new_episodes` | is recorded anew if it lacks a selected check or is of another set of checks, else replayed |
| `all`, `rewrite` | is recorded anew |
| `none` | is verified live, and not recorded |

A recording is one block, whose pseudonyms and clock hold together. So it is renewed as a whole and never added to. It
is made of the network alone (`--sentinel-source=live`) and in one process (no `-n`).

The recording stays in memory until all of this is done, and is only then written, each file whole or not at all:

1. it is scrubbed, as described below;
2. it is replayed: every check must end as it did live;
3. it is scanned for leaks, by rules that know nothing of the scrubber (`python -m conformance.recording scan
   cassettes/` does the same at any time).

Where a recording does not pass, the run says why, nothing is written, an older cassette stays, and the exit code is 4
if it would have been 0. **Read the files before you share them**: the rules know forms and fields, and you know your
names.

## To replay

    pytest --sentinel-config=conn.toml --sentinel-source=cassette     # each connection's own cassette
    pytest --sentinel-source=cassette:NAME                            # one cassette, without any connection file
    pytest --sentinel-source=cassette                                 # all in the folder

needs neither network nor credential nor an extra, and sends nothing. The connection is the recording's, under
pseudonyms, whatever the connection file says; from the file comes its name alone. The clock is the recording's too: a
secret that was about to end still is, and waiting takes no time. Checks that were not recorded are left out. A name
is looked for in `--sentinel-cassettes`, then among the [cassettes of the suite](../cassettes/INDEX.md).

- A request that the cassette does not hold is an **error** of the checks that need it, which names the probe and the
  cassette. It is never a failure.
- Requests are compared by method, host, path, options in any order and by what the body says: of a query its text, of a
  token request `client_id`, `grant_type` and `scope`. The same request is answered in turn, then as it was last.
- A network that was down is recorded, and replayed as the same trouble.
- A cassette that is damaged, empty, foreign or of another format is reported in one line; the exit code is 4.

In Python, `verify(connection, source="cassette:NAME")` does the same.

## To share

A customer records, reads and sends the folder; the vendor puts it below `cassettes/` and replays it, with the same
verdict, the same root cause and the same commands, with pseudonyms in place of names. Only the customer knows
whose they are: the table of pseudonyms is never written.

A vendor who has a cassette can keep it as a test: `pytest --sentinel-source=cassette` in CI fails when a new version of
the suite judges differently, and `--sentinel-compare` shows the changes since a manifest.

## What is scrubbed

Every value that is not known to be public counts as the customer's, and gets a pseudonym by its form and by its
member. The same value has the same pseudonym everywhere - in URLs, bodies of all APIs, claims of tokens,
JSON within texts, cells of rows - and no two values share one. Upper and lower case of names and ids do not matter,
as for the services.

- **Credentials are not kept at all**: no header of a request, no cookie, no secret, no assertion. A token becomes one
  without signature, with the same claims under pseudonyms. A secret is replaced by one that is none; if the real one
  was malformed, it is so too.
- **Dates move as one block**, by a number of days (1 to 28) that is not written: ages and times of day keep their
  meaning.
- **What is everybody's stays**: hosts, paths and words of the services, values of enumerations, names of tables and
  columns, permissions and actions, built-in roles, ids of APIs and permissions, versions, counts and numbers of
  incidents.
- **Error texts keep the words** that the catalogues and the known refusals are made of; any other word is taken for a
  name.
"""


REST = """\
What identifies by its form (a GUID, an address, a URL, an ARM id, a hash, a path) gets its pseudonym in any member. For
the rest the member decides; one that is not listed holds free text.
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
            table(("what", "becomes"), forms),
            "### Members of answers\n",
            REST,
            table(("treatment", "what it does", "members"), members),
            "### Headers of answers\n",
            "All others are dropped.\n",
            table(("header", "is kept"), headers),
        )
    )
