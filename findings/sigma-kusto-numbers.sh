#!/usr/bin/env bash
# pysigma-backend-kusto 0.4.5 writes KQL that Kusto refuses: numbers in a list become texts, compared with an int
# column.
#
# Expected: a rule with `EventID: [4624, 4625]` becomes a valid query, as a rule with `EventID: 4624` does. Observed: a
# single number is compared by ==, the list by `in~ ("4624", "4625")`, for which Microsoft's own parser gives an error,
# as EventID of SecurityEvent is an int. Also, the package can be installed beside pysigma 2.x, where its pipelines
# cannot be imported. This affects everyone who turns Sigma rules into Sentinel's analytics rules. Instead: pysigma
# before 1.0, one condition for each number, and a parser in CI.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @kusto/language-service-next@12.4.1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pysigma-backend-kusto==0.4.5 pysigma==0.11.23
cat >convert.py <<'PYTHON'
from sigma.backends.kusto import KustoBackend
from sigma.collection import SigmaCollection
from sigma.pipelines.azuremonitor import azure_monitor_pipeline

RULE = """
title: Sign-ins
logsource: {{product: windows, service: security}}
detection:
    selection: {{EventID: {}}}
    condition: selection
"""
backend = KustoBackend(processing_pipeline=azure_monitor_pipeline())
for value in ("4624", "[4624, 4625]"):
    print(backend.convert(SigmaCollection.from_yaml(RULE.format(value)))[0].replace("\n", " "))
PYTHON
cat >judge.cjs <<'JAVASCRIPT'
const { readFileSync } = require("node:fs");
const { runInThisContext } = require("node:vm");
for (const name of ["bridge.min.js", "Kusto.Language.Bridge.min.js"])
  runInThisContext(readFileSync(require.resolve("@kusto/language-service-next/" + name), "utf8"));
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;
const table = Symbols.TableSymbol.From("(EventID: int)").WithName("SecurityEvent");
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("workspace", [table]));
for (const query of readFileSync(0, "utf8").trim().split("\n")) {
  const errors = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  console.log(`${query} -> ${errors.Count ? errors.getItem(0).Message : "no error"}`);
}
JAVASCRIPT
venv/bin/python convert.py >queries.txt
node judge.cjs <queries.txt | tee judged.txt
venv/bin/pip install --quiet --disable-pip-version-check pysigma==2.0.1
{ venv/bin/python convert.py 2>&1 >/dev/null || true; } | tail -n 1 | sed 's/ (.*//' | tee import.txt
grep -q '== 4624 -> no error' judged.txt && grep -q 'in~ ("4624", "4625") -> A value of type string' judged.txt \
  && grep -q "cannot import name 'SigmaTransformationError'" import.txt
