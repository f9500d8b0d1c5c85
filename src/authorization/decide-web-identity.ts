import { decideAccess } from "../decide/iam/evaluate.ts";
import type { Decision } from "../decide/iam/view.ts";
import { ANONYMOUS } from "../domain/principal.ts";
import type { RoleRecord } from "../state/iam.ts";
import type { WholeState } from "../state/state.ts";
import type { AskedPermission } from "./authorize.ts";
import { contextValue, givenKeys, type RequestOrigin } from "./context-keys.ts";
import { tagFacts } from "./facts/resource-facts.ts";
import { compiled } from "./principal-policies.ts";

interface WebIdentityParts {
  readonly state: WholeState;
  readonly now: number;
  readonly origin: RequestOrigin;
}

/**
 * Whether a role trusts a web identity: only its trust policy is asked, in which the issuer's provider is the federated principal.
 * @param provider the ARN of that provider
 */
export function decideWebIdentity(
  { state, now, origin }: WebIdentityParts,
  provider: string,
  role: RoleRecord,
  { action, context = {} }: Omit<AskedPermission, "resource">,
): Decision {
  const given = givenKeys(context);
  const facts = { tags: tagFacts(role.tags) };
  const source = { state, now, principal: ANONYMOUS, origin, action, resourceAccount: role.account, facts, given };
  return decideAccess({
    request: {
      principal: { kind: "web-identity", account: role.account, names: [provider] },
      action,
      resource: role.arn,
      resourceAccount: role.account,
      context: (key) => (NOT_OF_WEB_IDENTITIES.has(key) && !given.has(key) ? undefined : contextValue(source, key)),
    },
    identity: [],
    resource: compiled(role.assumeRolePolicy, "trust"),
    resourceDecides: true,
  });
}

/** Who has no session yet has none of its keys. */
const NOT_OF_WEB_IDENTITIES = new Set(["aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid"]);
