#!/usr/bin/env bash
# A failing subtest of pytest 9.2.0 does not end an example of hypothesis 6.170.17: nothing is shrunk, all is reported.
#
# Expected: subtests inside @given give the smallest example that fails, with the name of its row. Observed: hypothesis
# sees every example pass; each randomly drawn failing example is reported as a separate failure, without a "Falsifying
# example". The fixture must first be allowed explicitly, because hypothesis rejects function-scoped fixtures. This
# affects everyone who walks the rows of an API's catalogue by properties. Instead: assert in the example, and use
# subtests around the call of a function with @given, not within it.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0 hypothesis==6.170.17
cd "$folder"
cat >test_seen.py <<'PYTHON'
from hypothesis import HealthCheck, given, settings, strategies

SAME = {"database": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(**SAME)
@given(number=strategies.integers(0, 10**9))
def test_within(subtests, number):
    with subtests.test("row"):
        assert number < 100


def test_around(subtests):
    @settings(**SAME)
    @given(number=strategies.integers(0, 10**9))
    def small(number):
        assert number < 100

    with subtests.test("row"):
        small()
PYTHON
unset PYTEST_ADDOPTS PYTEST_PLUGINS PYTEST_DISABLE_PLUGIN_AUTOLOAD CI
run() { "$folder/venv/bin/pytest" -q -p no:cacheprovider "test_seen.py::$1" >"$1.txt" 2>&1 || true; }
run test_within
run test_around
failures=$(grep -c "^SUBFAILED" test_within.txt)
smallest=$(grep -c "assert 100 < 100" test_around.txt)
echo "pytest 9.2.0, hypothesis 6.170.17: subtests within @given report $failures failures," \
  "$(grep -c 'Falsifying example' test_within.txt || true) falsifying examples; around it: $(grep -c '^SUBFAILED' test_around.txt)"
[ "$failures" -gt 5 ] && [ "$smallest" -gt 0 ] && ! grep -q "Falsifying example" test_within.txt
