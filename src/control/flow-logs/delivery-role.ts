import { denialOf } from "../../authorization/denial-of.ts";
import { plainSession, roleForService, serviceSession } from "../../authorization/role-session.ts";
import { arn } from "../../domain/arn.ts";
import type { Ids } from "../../ports/ids.ts";
import type { FlowLogRecord } from "../../state/ec2-flow-logs.ts";
import type { WholeState } from "../../state/state.ts";

/** The service principal that the role of a flow log has to trust. */
const FLOW_LOGS = "vpc-flow-logs.amazonaws.com";
const LIFETIME_SECONDS = 3600;

/** Whether the role of a flow log may do something with its group (`log-group:…`). */
export type MayDeliver = (action: string, resource: string) => boolean;

/** The role is taken on anew for each delivery; `undefined` where it is not there, or does not trust flow logs. */
export function deliveryRole(
  { state, ids, now }: { readonly state: WholeState; readonly ids: Ids; readonly now: number },
  log: FlowLogRecord,
  roleArn: string,
): MayDeliver | undefined {
  const sourceArn = arn("ec2", log, `vpc-flow-log/${log.id}`);
  const role = roleForService({ state, now }, roleArn, { service: FLOW_LOGS, sourceAccount: log.account, sourceArn });
  if (!role) return undefined;
  const principal = serviceSession(role, log.id, plainSession(now, LIFETIME_SECONDS), ids);
  return (action, resource) => denialOf({ state, now }, principal, { action, resource: arn("logs", log, resource) }) === undefined;
}
