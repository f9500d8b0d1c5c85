import type { Principal } from "../../domain/principal.ts";
import { aliases } from "../../state/kms/aliases.ts";
import { CONTEXT_SIZE } from "../../state/kms/condition-keys.ts";
import { grants, type GrantRecord } from "../../state/kms/grants.ts";
import { keys, type KeyRecord } from "../../state/kms/keys.ts";
import { rootOf } from "../../state/kms/key-policies.ts";
import type { WholeState } from "../../state/state.ts";
import { jsonPolicy } from "./joint-policy.ts";
import type { FactsOf } from "./resource-facts.ts";

/**
 * A key's policy decides, and its grants allow beside it. Condition keys: KMS Developer Guide, "AWS KMS condition keys"; those of an
 * alias and of nothing that exists are none.
 */
export const kmsFacts: FactsOf = (state, _arn, text, _now, action, principal) => {
  const key = state.table(keys).get(text);
  return (
    key && {
      tags: Object.fromEntries(key.tags.map(({ TagKey = "", TagValue = "" }) => [TagKey, TagValue])),
      policy: withGrants(state, key, action, principal),
      policyDecides: true,
      context: {
        "kms:CallerAccount": principal.account,
        "kms:KeySpec": key.spec,
        "kms:KeyUsage": key.usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": String(key.multiRegion !== undefined),
        "kms:MultiRegionKeyType": key.multiRegion && (key.multiRegion.primaryRegion === key.region ? "PRIMARY" : "REPLICA"),
        "kms:ResourceAliases": aliasesOf(state, key),
      },
    }
  );
};

function aliasesOf(state: WholeState, key: KeyRecord): readonly string[] | undefined {
  const names = state
    .table(aliases)
    .by("target", key.arn)
    .map(({ name }) => name);
  return names.length === 0 ? undefined : names;
}

/** The policy with one more statement for each grant that gives this principal this action. */
function withGrants(state: WholeState, key: KeyRecord, action: string, principal: Principal): string {
  const names = principal.kind === "role-session" ? [principal.arn, principal.roleArn] : [principal.arn];
  const accountRoot = rootOf({ account: principal.account, region: key.region });
  const document = jsonPolicy(key.policy);
  if (!document) return key.policy;
  const variables = document.Version === "2012-10-17";
  const added = state
    .table(grants)
    .by("key", key.arn)
    .flatMap((grant) => {
      const named = (who: string | undefined): boolean => who !== undefined && (names.includes(who) || who === accountRoot);
      return [
        ...(named(grant.granteePrincipal) ? granteeStatements(grant, action, variables) : []),
        ...(action === "kms:RetireGrant" && named(grant.retiringPrincipal)
          ? [statement(grant.retiringPrincipal, action, [["StringEquals", GRANT_ID, grant.id]])]
          : []),
      ];
    });
  return added.length === 0 ? key.policy : JSON.stringify({ ...document, Statement: [document.Statement, added].flat() });
}

/** Our own key, since AWS has none: RetireGrant tells by it which grant it is about. */
export const GRANT_ID = "airfield:GrantId";

/** Operations whose name carries an encryption context: constraints count for these. Source: KMS Developer Guide, "Grant constraints". */
const WITH_CONTEXT = new Set([
  "Encrypt",
  "Decrypt",
  "ReEncryptFrom",
  "ReEncryptTo",
  "GenerateDataKey",
  "GenerateDataKeyPair",
  "GenerateDataKeyPairWithoutPlaintext",
  "GenerateDataKeyWithoutPlaintext",
  "CreateGrant",
]);

type Condition = readonly [operator: string, key: string, values: string | readonly string[]];

function granteeStatements(grant: GrantRecord, action: string, variables: boolean): readonly object[] {
  const operation = action.replace(/^kms:/, "");
  if (!grant.operations.some((one) => one === operation)) return [];
  const conditions: Condition[] = WITH_CONTEXT.has(operation) ? constraintConditions(grant, operation, variables) : [];
  if (operation === "RetireGrant") conditions.push(["StringEquals", GRANT_ID, grant.id]);
  // Whoever may grant by a grant may pass on what it holds, and not more.
  if (operation === "CreateGrant") conditions.push(["ForAllValues:StringEquals", "kms:GrantOperations", grant.operations]);
  return [statement(grant.granteePrincipal, action, conditions)];
}

function constraintConditions({ constraints }: GrantRecord, operation: string, variables: boolean): Condition[] {
  const exact = constraints?.EncryptionContextEquals;
  const pairs = Object.entries(exact ?? constraints?.EncryptionContextSubset ?? {});
  const conditions: Condition[] = pairs.map(([name, value]) => [
    "StringEquals",
    `kms:EncryptionContext:${name}`,
    variables ? value.replaceAll("${", "${$}{") : value,
  ]);
  if (!exact) return conditions;
  conditions.push(
    pairs.length === 0
      ? ["StringEquals", CONTEXT_SIZE, "0"]
      : ["ForAllValues:StringEquals", "kms:EncryptionContextKeys", Object.keys(exact)],
  );
  if (operation === "CreateGrant") conditions.push(["StringEquals", "kms:GrantConstraintType", "EncryptionContextEquals"]);
  return conditions;
}

function statement(principal: string | undefined, action: string, conditions: readonly Condition[]): object {
  const condition: Record<string, Record<string, string | readonly string[]>> = {};
  for (const [operator, key, values] of conditions) condition[operator] = { ...condition[operator], [key]: values };
  return {
    Effect: "Allow",
    Principal: { AWS: principal },
    Action: action,
    Resource: "*",
    ...(conditions.length === 0 ? {} : { Condition: condition }),
  };
}
