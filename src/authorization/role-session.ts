import { accessKeyId } from "../domain/access-key-id.ts";
import type { RoleSessionPrincipal, SessionFacts } from "../domain/principal.ts";
import type { Ids } from "../ports/ids.ts";
import type { RoleRecord } from "../state/iam.ts";
import type { State } from "../state/state.ts";
import { namedRole } from "./named-role.ts";
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

/**
 * The role, if it is there, belongs to the account for which the service acts, and trusts the service. Why not is not told, as on AWS.
 */
export function roleForService(
  { state, now }: { readonly state: State; readonly now: number },
  arnOrName: string,
  caller: ServiceCaller,
): RoleRecord | undefined {
  const named = namedRole(state, caller.sourceAccount, arnOrName);
  if (named.kind !== "role" || named.role.account !== caller.sourceAccount) return undefined;
  const { role } = named;
  const access = {
    action: "sts:AssumeRole",
    resource: role.arn,
    resourceAccount: role.account,
    policy: compiled(role.assumeRolePolicy, "trust"),
  };
  return serviceMay(caller, access, now) ? role : undefined;
}
