#!/usr/bin/env bash
# msgraph-core 1.5.2 imports the package `deprecated` for batches, without declaring it as a dependency.
#
# Expected: `pip install msgraph-core` (or msgraph-sdk 1.65.0 on top of it) is enough for a $batch request. Observed:
# the import of the batch client ends with ModuleNotFoundError until `deprecated` is installed separately.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msgraph-core==1.5.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

try:
    import msgraph_core.requests.batch_request_content
except ModuleNotFoundError as error:
    print(f"msgraph-core {version('msgraph-core')}: {error}")
    sys.exit(error.name != "deprecated")
print(f"msgraph-core {version('msgraph-core')}: batches can be imported")
sys.exit(1)
PYTHON
