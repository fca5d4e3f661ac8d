// Microsoft's JavaScript clients, as they are published, on one connection after the other: a line of JSON on stdin
// names it, a line on stdout says how each operation ended ("works", or in short what the client raised).
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { ClientAssertionCredential, ClientCertificateCredential, ClientSecretCredential } from "@azure/identity";
import { LogsQueryClient } from "@azure/monitor-query-logs";
import { SecurityInsights } from "@azure/arm-securityinsight";
import { Client, RetryHandlerOptions } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";
import { EnvHttpProxyAgent, fetch } from "undici";

const PATIENCE = 2000;
const ONCE = { retryOptions: { maxRetries: 0 } };
globalThis.fetch = fetch; // of the same undici as its agent: Node's own knows no proxy yet
const AGENT = new EnvHttpProxyAgent({ bodyTimeout: PATIENCE, headersTimeout: PATIENCE });
const RANGE = { duration: "P7D" };

function credentialOf({ tenant_id: tenant, client_id: client, credential }) {
  if (credential.secret) return new ClientSecretCredential(tenant, client, credential.secret, ONCE);
  if (credential.certificate)
    return new ClientCertificateCredential(tenant, client, { certificatePath: credential.certificate }, ONCE);
  return new ClientAssertionCredential(tenant, client, async () => readFileSync(credential.token, "utf8"), ONCE);
}

async function all(pages) {
  for await (const _ of pages);
}

function operations(connection) {
  const credential = credentialOf(connection);
  const token = (scope) => () => credential.getToken(scope);
  const logs = new LogsQueryClient(credential, ONCE);
  const query = (text) => async () => {
    const answer = await logs.queryWorkspace(connection.workspace_id, text, RANGE, {
      abortSignal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status !== "Success") throw new Error(answer.status);
  };
  const place = [connection.resource_group, connection.workspace_name];
  const sentinel = new SecurityInsights(credential, connection.subscription_id, ONCE);
  const graph = Client.initWithMiddleware({
    authProvider: new TokenCredentialAuthenticationProvider(credential, {
      scopes: ["https://graph.microsoft.com/.default"],
    }),
    fetchOptions: { dispatcher: AGENT },
  });
  const once = [new RetryHandlerOptions({ maxRetries: 0 })];
  const read = (path) => () => graph.api(path).middlewareOptions(once).get();
  return {
    token_arm: token("https://management.azure.com/.default"),
    token_log_analytics: token("https://api.loganalytics.io/.default"),
    token_graph: token("https://graph.microsoft.com/.default"),
    token_defender: token("https://api.securitycenter.microsoft.com/.default"),
    query: query(connection.queries.query),
    query_incidents: query(connection.queries.query_incidents),
    onboarding: () => sentinel.sentinelOnboardingStates.get(...place, "default"),
    incidents: () => all(sentinel.incidents.list(...place)),
    alert_rules: () => all(sentinel.alertRules.list(...place)),
    graph_alerts: read("/security/alerts_v2"),
    graph_incidents: read("/security/incidents"),
    secure_scores: read("/security/secureScores"),
  };
}

function short(error) {
  const number = /AADSTS\d+/.exec(error?.message ?? "");
  return number?.[0] ?? String(error?.statusCode > 0 ? error.statusCode : (error?.code ?? error?.name ?? "error"));
}

async function ending(operation) {
  try {
    await operation();
    return "works";
  } catch (error) {
    return short(error);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = {};
  for (const [name, operation] of Object.entries(operations(JSON.parse(line)))) found[name] = await ending(operation);
  console.log(JSON.stringify(found));
}
