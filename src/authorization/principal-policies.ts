import { compileKeptPolicy, type CompiledPolicy } from "../decide/iam/compile-policy.ts";
import type { FederatedUserPrincipal, Principal } from "../domain/principal.ts";
import { defaultVersion, groups, policies, roleKey } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";
import { awsManagedPolicy } from "./aws-managed-policies.ts";
import { roleBehind, userBehind } from "../state/bearers.ts";

/** The policies on the side of who asks. */
export interface PrincipalPolicies {
  readonly identity: readonly CompiledPolicy[];
  readonly boundary?: CompiledPolicy;
  readonly session?: readonly CompiledPolicy[];
}

interface Holder {
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicies: readonly string[];
  readonly permissionsBoundary?: string;
}

/** Everything that is attached to a principal. Of root nothing is: it needs none. Who is gone is denied everything. */
export function policiesOf(state: WholeState, principal: Principal): PrincipalPolicies {
  const holders = holdersOf(state, principal);
  if (holders === undefined) return { identity: [DENIED] };
  const boundary = holders[0]?.permissionsBoundary;
  const session = sessionPolicies(state, principal);
  return {
    identity: isFederatedByRoot(principal) ? [EVERYTHING] : holders.flatMap((holder) => attachedTo(state, holder)),
    // A boundary that cannot be found bounds everything.
    ...(boundary === undefined ? {} : { boundary: managed(state, boundary) ?? NOTHING }),
    ...(session === undefined ? {} : { session }),
  };
}

/** Of a token that root asked for: only its session policies, without which it may do nothing, cut it down. */
function isFederatedByRoot(principal: Principal): principal is FederatedUserPrincipal & { readonly userName?: never } {
  return principal.kind === "federated-user" && principal.userName === undefined;
}

/** The user and then the user's groups, or the role; `undefined` where they are gone, also if others have their names. */
function holdersOf(state: WholeState, principal: Principal): readonly Holder[] | undefined {
  if (principal.kind === "root" || principal.kind === "anonymous" || isFederatedByRoot(principal)) return [];
  if (principal.kind === "role-session") {
    const role = roleBehind(state, principal);
    return role && [role];
  }
  const user = userBehind(state, principal);
  if (!user) return undefined;
  const memberOf = user.groups.map((name) => state.table(groups).get(roleKey(user.account, name)));
  return [user, ...memberOf.filter((group) => group !== undefined)];
}

function attachedTo(state: WholeState, { inlinePolicies, attachedPolicies }: Holder): readonly CompiledPolicy[] {
  const inline = Object.values(inlinePolicies).map((text) => compiled(text));
  return [...inline, ...attachedPolicies.map((policyArn) => managed(state, policyArn) ?? NOTHING)];
}

function sessionPolicies(state: WholeState, { session }: Principal): readonly CompiledPolicy[] | undefined {
  if (!session || (session.policy === undefined && session.policyArns.length === 0)) return undefined;
  const passed = session.policy === undefined ? [] : [compiled(session.policy)];
  return [...passed, ...session.policyArns.map((policyArn, at) => managed(state, policyArn, session.policyIds?.[at] ?? "") ?? NOTHING)];
}

/**
 * A managed policy of the account or of AWS.
 * @param id of the one policy of the account that is meant: its ARN may be given again, as an attached one's and AWS's own may not
 */
function managed(state: WholeState, policyArn: string, id?: string): CompiledPolicy | undefined {
  const own = state.table(policies).get(policyArn);
  if (own) return id === undefined || id === own.id ? compiled(defaultVersion(own).document) : undefined;
  const ofAws = awsManagedPolicy(policyArn);
  return ofAws && compiled(ofAws.text);
}

type PolicySide = "identity" | "resource" | "trust";
const MOST_COMPILED = 5000;
const compilations: Readonly<Record<PolicySide, Map<string, CompiledPolicy>>> = {
  identity: new Map(),
  resource: new Map(),
  trust: new Map(),
};

/** Compiles a policy that was checked when it was stored, if by an earlier version's rules; the recent ones are kept. */
export function compiled(text: string, side: PolicySide = "identity"): CompiledPolicy {
  const kept = compilations[side];
  const known = kept.get(text);
  if (known) return known;
  const made = compileKeptPolicy(text, side);
  if (kept.size >= MOST_COMPILED) kept.clear();
  kept.set(text, made);
  return made;
}

/** Allows nothing. */
const NOTHING = compiled(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"*","Resource":"*"}]}`);
const DENIED = compiled(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`);
const EVERYTHING = compiled(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`);
