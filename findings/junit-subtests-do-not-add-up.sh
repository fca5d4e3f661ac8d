#!/usr/bin/env bash
# The JUnit file of pytest 9.2.0 counts subtests as tests, but has no element for them: its numbers do not add up.
#
# Expected: `tests` of a testsuite is the number of its testcase elements, and a testcase has one failure at most.
# Observed: two tests with five subtests make tests="7" over two elements; the test whose subtests failed contains a
# failure for each of them and one more, "contains 2 failed subtests"; the passed subtests are missing. Dashboards that
# compute a rate of passed tests by these attributes, or read only the first failure, show other numbers than pytest.
# Instead: count elements, and read every failure in them.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0
cd "$folder"
cat >test_rows.py <<'PYTHON'
def test_rows(subtests):
    for row in range(5):
        with subtests.test(row=row):
            assert row not in (1, 3)


def test_plain():
    pass
PYTHON
unset PYTEST_ADDOPTS PYTEST_PLUGINS PYTEST_DISABLE_PLUGIN_AUTOLOAD
"$folder/venv/bin/pytest" -q -p no:cacheprovider --junitxml=junit.xml >/dev/null 2>&1 || true
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from xml.etree import ElementTree

suite = ElementTree.parse("junit.xml").getroot().find("testsuite")
cases = suite.findall("testcase")
failures = [len(case.findall("failure")) for case in cases]
print(f"pytest 9.2.0: tests={suite.get('tests')} failures={suite.get('failures')}, {len(cases)} testcases with {failures} failures")
sys.exit((suite.get("tests"), suite.get("failures"), len(cases), failures) != ("7", "3", 2, [3, 0]))
PYTHON
