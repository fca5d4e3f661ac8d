#!/usr/bin/env bash
# gc.freeze() after `import trio` makes the import of hypothesis warn that trio's random numbers will be collected.
#
# Expected: gc.freeze() only saves the collector work (it is recommended before a fork), without an effect on packages.
# Observed: hypothesis asks the collector who refers to a registered Random, and frozen objects are not in its answer;
# with warnings as errors, the import of hypothesis fails. Without gc.freeze() there is no warning.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check hypothesis==6.170.15 trio==0.35.0
cat >"$folder/seen.py" <<'PYTHON'
import gc
import sys
import warnings

import trio

if sys.argv[1] == "frozen":
    gc.freeze()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import hypothesis
said = [str(one.message) for one in caught if "register_random" in str(one.message)]
print(f"hypothesis {hypothesis.__version__}, trio {trio.__version__}, {sys.argv[1]}: {said[0][:80] if said else 'no warning'}")
sys.exit(bool(said) != (sys.argv[1] == "frozen"))
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" frozen
"$folder/venv/bin/python" "$folder/seen.py" unfrozen
