#!/usr/bin/env bash
# pytest-tap 3.5 beside pytest 9.2.0 ends every run before a test is collected, even a run that does not request TAP.
#
# Expected: an installed plugin whose options are not used changes nothing. Observed: it declares two options with the
# same destination, which this pytest refuses when it loads the plugin; exit code 3, "Error while loading plugin". This
# affects everyone who publishes results of a verification to a TAP consumer. Instead: `-p no:tap` or uninstall it, and
# convert the file of --junitxml.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0 pytest-tap==3.5
cd "$folder"
printf 'def test_passes():\n    pass\n' >test_plain.py
unset PYTEST_ADDOPTS PYTEST_PLUGINS PYTEST_DISABLE_PLUGIN_AUTOLOAD
code=0
"$folder/venv/bin/pytest" -q -p no:cacheprovider >output.txt 2>&1 || code=$?
without=0
"$folder/venv/bin/pytest" -q -p no:cacheprovider -p no:tap >without.txt 2>&1 || without=$?
echo "pytest 9.2.0, pytest-tap 3.5: exit code $code, with -p no:tap $without"
sed -n 's/^E  *//p' output.txt
[ "$code" = 3 ] && [ "$without" = 0 ] && grep -q "option dest 'tap_stream' already used" output.txt
