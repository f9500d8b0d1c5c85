import { compileKeptPolicy, type CompiledPolicy } from "../decide/iam/compile-policy.ts";
import type { Principal } from "../domain/principal.ts";
import { defaultVersion, groups, policies, roleKey, roles, users } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";
import { awsManagedPolicy } from "./aws-managed-policies.ts";

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

/** Everything that is attached to a principal. Of root nothing is: it needs none. */
export function policiesOf(state: WholeState, principal: Principal): PrincipalPolicies {
  const holders = holdersOf(state, principal);
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
function isFederatedByRoot(principal: Principal): boolean {
  return principal.kind === "federated-user" && principal.userName === undefined;
}

/** The user and then the user's groups, or the role. */
function holdersOf(state: WholeState, principal: Principal): readonly Holder[] {
  if (principal.kind === "root" || principal.kind === "anonymous") return [];
  if (principal.kind === "role-session") {
    const role = state.table(roles).get(roleKey(principal.account, principal.roleName));
    return role ? [role] : [];
  }
  if (principal.userName === undefined) return [];
  const user = state.table(users).get(roleKey(principal.account, principal.userName));
  if (!user) return [];
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
  return [...passed, ...session.policyArns.map((policyArn) => managed(state, policyArn) ?? NOTHING)];
}

/** A managed policy of the account or of AWS. */
function managed(state: WholeState, policyArn: string): CompiledPolicy | undefined {
  const own = state.table(policies).get(policyArn);
  const text = own ? defaultVersion(own).document : awsManagedPolicy(policyArn)?.text;
  return text === undefined ? undefined : compiled(text);
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
const EVERYTHING = compiled(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`);
