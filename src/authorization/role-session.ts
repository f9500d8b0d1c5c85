import { decideAccess } from "../decide/iam/evaluate.ts";
import { accessKeyId } from "../domain/access-key-id.ts";
import { parseArn } from "../domain/arn.ts";
import type { RoleSessionPrincipal, SessionFacts } from "../domain/principal.ts";
import type { Ids } from "../ports/ids.ts";
import { roleKey, roles, type RoleRecord } from "../state/iam.ts";
import type { State } from "../state/state.ts";
import { compiled } from "./principal-policies.ts";
import { roleSession, sessionTimes } from "./temporary-credentials.ts";

/** An AWS service that takes on a role for a resource of its own. */
export interface ServiceCaller {
  /** Its principal, such as `ecs-tasks.amazonaws.com`. */
  readonly service: string;
  /** For whom it acts: `aws:SourceAccount` and `aws:SourceArn` of trust policies. */
  readonly sourceAccount: string;
  readonly sourceArn: string;
}

/** A session without policies, tags or conditions of its own, as services make them. It lasts so many seconds. */
export function plainSession(now: number, seconds: number): SessionFacts {
  return { ...sessionTimes(now, seconds), policyArns: [], tags: [], transitiveTagKeys: [], context: {} };
}

/** The principal that a service is under a role: nobody holds its key. */
export function serviceSession(role: RoleRecord, sessionName: string, session: SessionFacts, ids: Ids): RoleSessionPrincipal {
  return { ...roleSession(role, sessionName, session), accessKeyId: accessKeyId("ASIA", role.account, ids.hex(20)) };
}

/** The role that an ARN or, within the account, a name means. */
export function findRole(state: State, account: string, arnOrName: string): RoleRecord | undefined {
  const arn = parseArn(arnOrName);
  const name = arnOrName.slice(arnOrName.lastIndexOf("/") + 1);
  const role = state.table(roles).get(roleKey(arn?.account ?? account, name));
  return role && (arn === undefined || role.arn === arnOrName) ? role : undefined;
}

/**
 * The role, if it is there, belongs to the account for which the service acts, and trusts the service. Why not is not told, as on AWS.
 * Source: IAM User Guide, "Cross-service confused deputy prevention" for the two condition keys.
 */
export function roleForService(
  { state, now }: { readonly state: State; readonly now: number },
  arnOrName: string,
  { service, sourceAccount, sourceArn }: ServiceCaller,
): RoleRecord | undefined {
  const role = findRole(state, sourceAccount, arnOrName);
  if (role?.account !== sourceAccount) return undefined;
  const context = new Map([
    ["aws:sourceaccount", sourceAccount],
    ["aws:sourcearn", sourceArn],
    ["aws:resourceaccount", role.account],
    ["aws:principalisawsservice", "true"],
    ["aws:principalservicename", service],
    ["aws:securetransport", "true"],
    ["aws:currenttime", new Date(now).toISOString()],
    ["aws:epochtime", String(Math.floor(now / 1000))],
  ]);
  const decision = decideAccess({
    request: {
      principal: { kind: "service", account: "", names: [service] },
      action: "sts:AssumeRole",
      resource: role.arn,
      resourceAccount: role.account,
      context: (key) => {
        const value = context.get(key);
        return value === undefined ? undefined : [value];
      },
    },
    identity: [],
    resource: compiled(role.assumeRolePolicy, "trust"),
    resourceDecides: true,
  });
  return decision.allowed ? role : undefined;
}
