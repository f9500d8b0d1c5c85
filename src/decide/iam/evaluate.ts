import { splitArn } from "./arn-pattern.ts";
import { resourceVerdict, verdictOf, type Asked, type ResourceVerdict, type Verdict } from "./match-statements.ts";
import type { AccessView, Decision, PolicyKind } from "./view.ts";

const ALLOWED: Decision = { allowed: true };

/**
 * Decides on one request. An explicit deny in any policy wins. Otherwise, within one account, an allow of an identity policy is enough
 * where boundary and session policies allow too, and so is one of the resource's policy, which they limit unless it names the user or
 * session itself; across accounts both sides have to allow.
 *
 * Who comes through a VPC endpoint may do there what the endpoint's policy allows, besides; it gives nothing to anybody.
 *
 * Sources: AWS PrivateLink User Guide, "Control access to VPC endpoints using endpoint policies"; IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic"; KMS Developer Guide, "Default key policy".
 */
export function decideAccess(view: AccessView): Decision {
  const asked = askedBy(view);
  const decision = decideAt(view, asked);
  if (!decision.allowed || !view.endpoint) return decision;
  const verdict = resourceVerdict(view.endpoint, asked);
  return verdict === "deny" || verdict === "nothing" ? refusedBy("VPC endpoint policy", verdict === "deny") : ALLOWED;
}

/** As if it had come through no endpoint. */
function decideAt(view: AccessView, asked: Asked): Decision {
  const resource = resourceVerdict(view.resource, asked);
  const { kind, account } = view.request.principal;
  if (kind === "service" || kind === "anonymous" || kind === "web-identity") return byResourceAlone(resource);
  const identity = kind === "root" ? "allow" : verdictOf(view.identity, asked);
  const boundary = view.boundary && kind !== "root" ? verdictOf([view.boundary], asked) : "allow";
  const session = sessionVerdict(view, asked);
  const side: Side = { identity, boundary, session };

  const denied = explicitDeny(side, resource);
  if (denied) return denied;
  if (account !== view.request.resourceAccount) return fromSide(side) ?? byResourceAlone(resource);
  if (resource === "direct") return ALLOWED;
  if (resource === "limited") return fromSide({ ...side, identity: "allow" }) ?? ALLOWED;
  // Of KMS keys and trust policies: identity policies count only where the resource's policy names the account.
  if (view.resourceDecides === true && resource === "nothing") return refusedBy("resource-based policy");
  return fromSide(side) ?? ALLOWED;
}

export function askedBy({ request, boundary }: AccessView): Asked {
  return { request, parts: splitArn(request.resource), bounded: boundary !== undefined };
}

/** What the policies on the side of the principal say. */
interface Side {
  readonly identity: Verdict;
  readonly boundary: Verdict;
  readonly session: Verdict;
}

/** A federated user without session policies may do nothing. Source: IAM User Guide, "GetFederationToken". */
function sessionVerdict({ request, session }: AccessView, asked: Asked): Verdict {
  if (session) return verdictOf(session, asked);
  return request.principal.kind === "federated-user" ? "nothing" : "allow";
}

function explicitDeny({ identity, boundary, session }: Side, resource: ResourceVerdict): Decision | undefined {
  if (identity === "deny") return refusedBy("identity-based policy", true);
  if (resource === "deny") return refusedBy("resource-based policy", true);
  if (boundary === "deny") return refusedBy("permissions boundary", true);
  return session === "deny" ? refusedBy("session policy", true) : undefined;
}

/** The refusal of the principal's side; `undefined` where all of it allows. */
function fromSide({ identity, boundary, session }: Side): Decision | undefined {
  if (identity !== "allow") return refusedBy("identity-based policy");
  if (boundary !== "allow") return refusedBy("permissions boundary");
  return session === "allow" ? undefined : refusedBy("session policy");
}

function byResourceAlone(resource: ResourceVerdict): Decision {
  if (resource === "deny") return refusedBy("resource-based policy", true);
  return resource === "nothing" ? refusedBy("resource-based policy") : ALLOWED;
}

function refusedBy(by: PolicyKind, explicit = false): Decision {
  return { allowed: false, explicit, by };
}
