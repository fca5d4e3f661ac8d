#!/usr/bin/env bash
# pytest-forked 1.7.5 beside pytest 9.2.0: with --forked, a test that only passes is reported as failed.
#
# A good guess: --forked runs each test in a process of its own, and the outcomes are the same. Seen: the child process
# ends with status 3 as it hands its reports over, so each test fails, with no word about why.
# Who isolates the tests of a connector by it is hit; a verification of many connections would read as a total outage.
# Instead: pytest-xdist with one worker (`-n 1`), which also survives the end of a process.
# Exits 0 while that is so, 1 once it has changed.
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
