// Microsoft's JavaScript clients on what only they ask: a query by resource, rule templates, threat indicators, and writes.
// The connection is in the environment; stdout is JSON, what each has read.
import { ClientSecretCredential } from "@azure/identity";
import { LogsQueryClient } from "@azure/monitor-query-logs";
import { SecurityInsights } from "@azure/arm-securityinsight";

const env = process.env;
const credential = new ClientSecretCredential(env.AZURE_TENANT_ID, env.AZURE_CLIENT_ID, env.AZURE_CLIENT_SECRET);
const sentinel = new SecurityInsights(credential, env.AZURE_SUBSCRIPTION_ID);
const place = [env.AZURE_RESOURCE_GROUP, env.WORKSPACE_NAME];
const group = `/subscriptions/${env.AZURE_SUBSCRIPTION_ID}/resourceGroups/${place[0]}`;
const workspace = `${group}/providers/Microsoft.OperationalInsights/workspaces/${place[1]}`;

async function all(pages) {
  const found = [];
  for await (const one of pages) found.push(one);
  return found;
}

const answer = await new LogsQueryClient(credential).queryResource(workspace, "print ok=1", { duration: "P1D" });
const [incident] = await all(sentinel.incidents.list(...place));
const changed = await sentinel.incidents.createOrUpdate(...place, incident.name, { ...incident, status: "Active" });
const name = "aaaaaaaa-1111-4111-8111-111111111111";
const comment = await sentinel.incidentComments.createOrUpdate(...place, incident.name, name, { message: "Seen" });
const stale = await sentinel.incidents.createOrUpdate(...place, incident.name, incident).catch((error) => error.code);
console.log(
  JSON.stringify({
    rows: answer.tables[0].rows,
    templates: (await all(sentinel.alertRuleTemplates.list(...place))).map((one) => one.kind),
    indicators: (await all(sentinel.threatIntelligenceIndicator.listQueryIndicators(...place, {}))).length,
    states: (await sentinel.sentinelOnboardingStates.list(...place)).value.map((one) => one.name),
    status: changed.status,
    message: comment.message,
    stale,
  }),
);
