"""docs/ci.md: the suite beside other pytest plugins, from what `make test-plugins` saw, and in pipelines."""

from __future__ import annotations

import json

from scripts.pages.markdown import NOTE, code, table
from scripts.plugins import MATRIX, SITUATIONS, plugins

HEAD = """
# In CI, and beside other pytest plugins

## Pipelines

| system | example | copy it to |
| --- | --- | --- |
| GitHub Actions | [github-actions.yml](../examples/pipelines/github-actions.yml) | `.github/workflows/sentinel.yml` |
| Azure Pipelines | [azure-pipelines.yml](../examples/pipelines/azure-pipelines.yml) | `azure-pipelines.yml` |
| GitLab | [gitlab-ci.yml](../examples/pipelines/gitlab-ci.yml) | `.gitlab-ci.yml` |
| Jenkins | [Jenkinsfile](../examples/pipelines/Jenkinsfile) | `Jenkinsfile` |

Each verifies the connection files of a folder, keeps the report with its badge as an artifact whatever the verdict,
and ends with the verdict's exit code. [Every night](nightly/README.md) has two larger ones, without any secret. The
steps of the GitHub example are an [action](../action.yml) of their own; tests run the shell steps of all of them.

Where GitHub Actions or Azure Pipelines run it (`GITHUB_ACTIONS=true`, `TF_BUILD=True`), each root cause, up to ten,
is an annotation at the line of the connection file to look at: the value that is wrong, or the connection. What could
not be established is annotated as a warning. The text is the suite's own, nothing of a service's answer. With
`--sentinel-report`, GitHub shows `summary.md` as the summary of the job.

## What other plugins see

The checks are items of pytest that run through its whole protocol: setup, call, teardown, `makereport` and
`logreport`.

| outcome of a check | for pytest | letter, word |
| --- | --- | --- |
| passed | passed | `.` PASSED |
| warning | passed; its text is a section of the report | `w` WARNING |
| failed, error | failed, with cause, fix and commands | `F` FAILED, `E` ERROR |
| blocked | skipped, with the check that blocks it | `b` BLOCKED |
| not applicable, not configured | skipped, with the reason | `n` |
| inconclusive | skipped, with the reason; the run ends with exit code 6 | `?` INCONCLUSIVE |
| accepted by a baseline | skipped, with the reason and the last day | `a` ACCEPTED |

- Each report has the outcome in full as `report.sentinel`, and `user_properties` have the facts that
  [JUnit](reports.md#junit) has.
- `item.callspec.params` names connection and check while an item runs; node ids and names are distinct.
- Evidence is gathered before the timer of the first check starts, in workers of pytest-xdist too.
- The exit code is set before plugins learn that the session ends: `pytest_sessionfinish` is called with 6 where a run
  is incomplete.
- Only checks whose items ran count. Where that is a part of them (`-k`, `-m`, `-x`, `--lf`, `--sw`, `--deselect`,
  pytest-split, a skip in a hook, `pytest.exit`, Ctrl-C and so on), the verdict says how many of how many, the status in
  JSON is `partial` unless something failed, and no page to hand back is written. Where none ran, the exit code is 5.
- The exit code shown is that of the process: 2 where a run was interrupted, or stopped before anything was found.
- Tests of your own beside the checks keep their tracebacks. If one fails, the run ends with exit code 1. Tests of
  your own without a single check end with exit code 5, since they say nothing of the connection.
- `--disable-socket` (pytest-socket) and `--block-network` (pytest-recording) hold for live runs: exit code 4, and the
  hosts to allow are named.
"""

FLAWS = """
## Flaws of other tools

Seen in the versions above. The first line of a run warns where one of them is in use and changes what a report says.

"""
OUTSIDE = """\
- pytest-recording and pytest-vcr do not run together: both add the same option. The extra `recording` brings the
  former.
- `-p no:terminal` does not go together with options of pytest's terminal in `addopts`, such as `-ra`: pytest refuses
  them.
- pytest-csv 3.0.0 marks its hooks in a way that pytest 9 warns of: with `filterwarnings = error` it ends a run at its
  start.
"""


def page() -> str:
    """Return the page: of the list, the plugins that the matrix was run with, in the version and as they are called."""
    results = json.loads(MATRIX.read_text(encoding="utf-8"))
    runs = {(run["plugin"], run["version"], *run["arguments"]): run["problems"] for run in results["runs"]}
    rows = []
    for plugin in plugins():
        problems_of = runs.get((plugin.name, plugin.version, *plugin.arguments))
        if problems_of is None:
            continue
        wrong = [f"{name}: {', '.join(problems)}" for name, problems in problems_of.items() if problems]
        arguments = " ".join(map(code, plugin.arguments))
        rows.append((plugin.name, plugin.version, arguments, "; ".join(wrong) or "as expected", plugin.expect))
    situations = ", ".join(f"{situation.name} (exit code {situation.exit_code})" for situation in SITUATIONS)
    flaws = [f"- {plugin.name} {plugin.version}: {plugin.flaw}.\n" for plugin in plugins() if plugin.flaw]
    return (
        NOTE
        + HEAD
        + "\n## What was run\n\n"
        + f"`make test-plugins` runs each row in an environment of its own, with pytest {results['pytest']} on Python "
        + f"{results['python']}, in these situations: {situations}. It holds the exit code, the verdict in the output, "
        + "and the counts and reasons in the report of the plugin.\n\n"
        + table(("plugin", "version", "run with", "seen", "what to expect"), rows)
        + FLAWS
        + "".join(flaws)
        + OUTSIDE
    )
