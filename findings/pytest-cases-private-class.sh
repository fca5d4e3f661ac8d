#!/usr/bin/env bash
# pytest-cases 3.10.1 beside pytest 9.2.0 ends every run before a test is collected, even a run without any case.
#
# Expected: it only affects tests that use its decorators. Observed: when it is imported, which pytest does for each
# installed plugin, it calls a private class of pytest with arguments that this pytest does not accept; exit code 3.
# This affects everyone who has a connector's own tests in the same environment as a verification. Instead: `-p
# no:cases` for the verification, or a separate environment.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0 pytest-cases==3.10.1
cd "$folder"
printf 'def test_passes():\n    pass\n' >test_plain.py
unset PYTEST_ADDOPTS PYTEST_PLUGINS PYTEST_DISABLE_PLUGIN_AUTOLOAD
code=0
"$folder/venv/bin/pytest" -q -p no:cacheprovider >output.txt 2>&1 || code=$?
blocked=0
"$folder/venv/bin/pytest" -q -p no:cacheprovider -p no:cases >blocked.txt 2>&1 || blocked=$?
echo "pytest 9.2.0, pytest-cases 3.10.1: exit code $code, with -p no:cases $blocked"
sed -n 's/^E  *//p' output.txt
[ "$code" = 3 ] && [ "$blocked" = 0 ] && grep -q "IdMaker.__init__() takes 7 positional arguments" output.txt
