"""docs/ci.md: the suite in pipelines, and beside other pytest plugins (from the results of `make test-plugins`)."""

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

Each verifies the connection files of a folder, stores the report with its badge as an artifact for every verdict, and
ends with the verdict's exit code. [Every night](nightly/README.md) has two larger pipelines, without any secret. The
steps of the GitHub example are also an [action](../action.yml); tests run the shell steps of all pipelines.

In GitHub Actions and Azure Pipelines (`GITHUB_ACTIONS=true`, `TF_BUILD=True`), each root cause, up to ten, is an
annotation at its line of the connection file: the wrong value, or the connection. Inconclusive results are annotated as
warnings. The text is the suite's own, without any part of a service's answer. With `--sentinel-report`, GitHub shows
`summary.md` as the summary of the job.

## The checks for other plugins

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

- Each report has the whole outcome as `report.sentinel`, and `user_properties` have the same facts as
  [JUnit](reports.md#junit).
- `item.callspec.params` has connection and check while an item runs; node ids and names are distinct.
- Evidence is gathered before the timer of the first check starts, in workers of pytest-xdist too.
- The exit code is set before plugins learn that the session ends: `pytest_sessionfinish` is called with 6 if a run is
  incomplete.
- Only checks whose items ran count. If only some ran (`-k`, `-m`, `-x`, `--lf`, `--sw`, `--deselect`, pytest-split, a
  skip in a hook, `pytest.exit`, Ctrl-C and so on), the verdict states their number and the total, the status in JSON is
  `partial` unless a check failed, and no page to hand back is written. If none ran, the exit code is 5.
- The exit code in the output is the exit code of the process: 2 if a run was interrupted, or stopped before it found a
  problem.
- Your own tests beside the checks keep their tracebacks. If one of them fails, the run ends with exit code 1. Your own
  tests without a single check end with exit code 5, since they say nothing about the connection.
- `--disable-socket` (pytest-socket) and `--block-network` (pytest-recording) also apply to live runs: these end with
  exit code 4 and name the hosts to allow.
"""

FLAWS = """
## Flaws of other tools

Observed in the versions above. The first line of a run warns if such a plugin is in use and changes a report.

"""
OUTSIDE = """\
- pytest-recording and pytest-vcr do not run together: both add the same option. The extra `recording` installs the
  former.
- `-p no:terminal` does not go together with options of pytest's terminal in `addopts`, such as `-ra`: pytest refuses
  them.
- pytest-csv 3.0.0 marks its hooks in a way that pytest 9 warns about: with `filterwarnings = error` it ends a run at
  its start.
"""


def page() -> str:
    """Return the page, with the plugins of the list that the matrix was run with (same version, same arguments)."""
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
