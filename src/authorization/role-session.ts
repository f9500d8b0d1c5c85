import { accessKeyId } from "../domain/access-key-id.ts";
import { parseArn } from "../domain/arn.ts";
import type { RoleSessionPrincipal, SessionFacts } from "../domain/principal.ts";
import type { Ids } from "../ports/ids.ts";
import { roleKey, roles, type RoleRecord } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";
import { compiled } from "./principal-policies.ts";
import { serviceMay, type ServiceCaller } from "./service-access.ts";
import { roleSession, sessionTimes } from "./temporary-credentials.ts";

/** A session without policies, tags or conditions of its own, as services make them. It lasts so many seconds. */
export function plainSession(now: number, seconds: number): SessionFacts {
  return { ...sessionTimes(now, seconds), policyArns: [], tags: [], transitiveTagKeys: [], context: {} };
}

/** The principal that a service is under a role: nobody holds its key. */
export function serviceSession(role: RoleRecord, sessionName: string, session: SessionFacts, ids: Ids): RoleSessionPrincipal {
  return { ...roleSession(role, sessionName, session), accessKeyId: accessKeyId("ASIA", role.account, ids.hex(20)) };
}

/** The role that an ARN or, within the account, a name means. */
export function findRole(state: WholeState, account: string, arnOrName: string): RoleRecord | undefined {
  const arn = parseArn(arnOrName);
  const name = arnOrName.slice(arnOrName.lastIndexOf("/") + 1);
  const role = state.table(roles).get(roleKey(arn?.account ?? account, name));
  return role && (arn === undefined || role.arn === arnOrName) ? role : undefined;
}

/**
 * The role, if it is there, belongs to the account for which the service acts, and trusts the service. Why not is not told, as on AWS.
 */
export function roleForService(
  { state, now }: { readonly state: WholeState; readonly now: number },
  arnOrName: string,
  caller: ServiceCaller,
): RoleRecord | undefined {
  const role = findRole(state, caller.sourceAccount, arnOrName);
  if (role?.account !== caller.sourceAccount) return undefined;
  const access = {
    action: "sts:AssumeRole",
    resource: role.arn,
    resourceAccount: role.account,
    policy: compiled(role.assumeRolePolicy, "trust"),
  };
  return serviceMay(caller, access, now) ? role : undefined;
}
