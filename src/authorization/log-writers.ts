import { logGroupArn } from "../state/logs.ts";
import { logResourcePolicies } from "../state/log-resource-policies.ts";
import { scopeKey, type Scope } from "../domain/scope.ts";
import type { State } from "../state/state.ts";
import { compiled } from "./principal-policies.ts";
import { serviceMay, type ServiceCaller } from "./service-access.ts";

/** What a service needs that writes logs. */
const WRITES = ["logs:CreateLogStream", "logs:PutLogEvents"];

/**
 * Whether the resource policies of an account and region, taken together, let a service make streams in a group and write into them. Costs what the policies say, of which there
 * are ten at most. Source: CloudWatch Logs API, `PutResourcePolicy`.
 */
export function mayWriteLogs(
  state: State,
  { group, stream = "", ...at }: Scope & { readonly group: string; readonly stream?: string },
  caller: ServiceCaller,
  now: number,
): boolean {
  const statements = state
    .table(logResourcePolicies)
    .by("scope", scopeKey(at))
    .flatMap(({ document }) => (JSON.parse(document) as { readonly Statement: unknown }).Statement);
  if (statements.length === 0) return false;
  const policy = compiled(JSON.stringify({ Version: "2012-10-17", Statement: statements }), "resource");
  const resource = `${logGroupArn(at, group)}:log-stream:${stream}`;
  return WRITES.every((action) => serviceMay(caller, { action, resource, resourceAccount: at.account, policy }, now));
}
