// The official parser of KQL: stdin is JSON, {"tables": {name: {column: type}}, "queries": [text]}; stdout is a JSON list of
// the diagnostics of each query, as "code: message".
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { runInThisContext } from "node:vm";

const require = createRequire(import.meta.url);
const FOLDER = "@kusto/language-service-next/";
// Scripts of a page, not modules: they put `Kusto` and `System` into the global scope.
for (const name of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  const file = require.resolve(FOLDER + name);
  runInThisContext(readFileSync(file, "utf8"), { filename: file });
}
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;
const { tables, queries } = JSON.parse(readFileSync(0, "utf8"));

const quoted = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `['${name}']`);
const schema = (columns) => `(${Object.entries(columns).map(([name, type]) => `${quoted(name)}: ${type}`)})`;
const known = Object.entries(tables).map(([name, columns]) => Symbols.TableSymbol.From(schema(columns)).WithName(name));
const database = new Symbols.DatabaseSymbol.ctor("workspace", known);
const globals = GlobalState.Default.WithDatabase(database);

function diagnostics(text) {
  const found = KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, n) => found.getItem(n)).map((one) => `${one.Code}: ${one.Message}`);
}
console.log(JSON.stringify(queries.map(diagnostics)));
