#!/usr/bin/env bash
# pytest-forked 1.7.5 beside pytest 9.2.0: with --forked, a passing test is reported as failed.
#
# Expected: --forked runs each test in a separate process, and the outcomes are the same. Observed: the child process
# ends with status 3 when it passes on its reports, so each test fails without a reason. This affects everyone who
# isolates the tests of a connector by it; a verification of many connections would look like a total outage. Instead:
# pytest-xdist with one worker (`-n 1`), which also survives the end of a process.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0 pytest-forked==1.7.5
cd "$folder"
printf 'def test_passes():\n    pass\n' >test_plain.py
unset PYTEST_ADDOPTS PYTEST_PLUGINS PYTEST_DISABLE_PLUGIN_AUTOLOAD
"$folder/venv/bin/pytest" -q -p no:cacheprovider >plain.txt 2>&1
code=0
"$folder/venv/bin/pytest" -q -p no:cacheprovider --forked >forked.txt 2>&1 || code=$?
echo "pytest 9.2.0, pytest-forked 1.7.5: exit code 0 without, $code with --forked; $(tail -n 1 forked.txt)"
grep -o "running the test EXITED with status [0-9]*" forked.txt | head -n 1
[ "$code" = 1 ] && grep -q "running the test EXITED with status 3" forked.txt
