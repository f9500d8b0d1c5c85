import type { AccessView, Decision } from "../decide/iam/view.ts";
import type { PrincipalView } from "../decide/iam/principal-view.ts";
import { decideAccess } from "../decide/iam/evaluate.ts";
import { parseArn, type Arn } from "../domain/arn.ts";
import type { Principal } from "../domain/principal.ts";
import type { WholeState } from "../state/state.ts";
import { userBehind } from "../state/bearers.ts";
import { contextValue, givenKeys, type RequestOrigin } from "./context-keys.ts";
import { factsOf } from "./facts/index.ts";
import { compiled, policiesOf } from "./principal-policies.ts";

export type { RequestOrigin } from "./context-keys.ts";

/** One action on one resource, as an operation asks for it. */
export interface AskedPermission {
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** A policy, JSON text, that is tried in the place of the resource's own, and decides as a key policy does. */
  readonly tryPolicy?: string;
  /** False where the tried policy need not allow within its own account: that of a repository. */
  readonly tryPolicyDecides?: boolean;
}

interface AccessParts {
  readonly state: WholeState;
  readonly now: number;
}

/** Of what Airfield does for a principal without a request over the network. */
export const NO_ORIGIN: RequestOrigin = { sourceIp: "", userAgent: "", secureTransport: true, region: "us-east-1" };

/** Whether a principal may do something: every policy that AWS would look at is looked at. */
export function decide(parts: AccessParts, principal: Principal, asked: AskedPermission, origin: RequestOrigin = NO_ORIGIN): Decision {
  return decideAccess(accessView(parts, principal, asked, origin));
}

/** Everything that such a decision depends on. */
export function accessView(
  { state, now }: AccessParts,
  principal: Principal,
  { action, resource, context = {}, tryPolicy, tryPolicyDecides = true }: AskedPermission,
  origin: RequestOrigin,
): AccessView {
  const arn = parseArn(resource);
  const facts = arn && factsOf(state, arn, resource, action, now, principal);
  const {
    policy,
    trust = false,
    policyDecides = false,
  } = tryPolicy === undefined ? (facts ?? {}) : { policy: tryPolicy, policyDecides: tryPolicyDecides };
  const resourceAccount = ownerOf(arn) ?? principal.account;
  const given = givenKeys(context);
  const source = { state, now, principal, origin, action, resourceAccount, facts, given };
  return {
    request: {
      principal: principalView(state, principal),
      action,
      resource,
      resourceAccount,
      context: (key) => contextValue(source, key),
    },
    ...policiesOf(state, principal),
    ...(policy === undefined ? {} : { resource: compiled(policy, trust ? "trust" : "resource") }),
    resourceDecides: policyDecides,
    ...endpointPolicy(action, origin),
  };
}

/** A policy of an endpoint is about what is asked of its service, and not about what this asks for others: `iam:PassRole`, `kms:Decrypt`. */
function endpointPolicy(action: string, { through }: RequestOrigin): Pick<AccessView, "endpoint"> {
  if (through?.policy === undefined || !action.startsWith(`${through.vendor}:`)) return {};
  return { endpoint: compiled(through.policy, "resource") };
}

/** The account in an ARN; buckets and AWS's own policies have none. */
function ownerOf(arn: Arn | undefined): string | undefined {
  const account = arn?.account;
  return account === undefined || !/^\d{12}$/.test(account) ? undefined : account;
}

/** The most exact name first, and unique ids too: a policy that named a user or role which was deleted keeps its id. */
function principalView(state: WholeState, principal: Principal): PrincipalView {
  const { kind, account, arn, userId } = principal;
  if (kind === "role-session") return { kind, account, names: [arn, principal.roleArn, userId, userId.split(":")[0] ?? ""] };
  if (kind === "federated-user" && principal.userName !== undefined) {
    const user = userBehind(state, principal);
    return { kind, account, names: [arn, ...(user ? [user.arn] : []), userId] };
  }
  return { kind, account, names: [arn, userId] };
}
