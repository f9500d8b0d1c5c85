import { InvalidInputException, LimitExceededException, MalformedPolicyDocumentException } from "@aws-sdk/client-iam";
import { contextKeysOf } from "../../decide/iam/required-policy-keys.ts";
import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import type { PolicyDocument, PolicyUse } from "../../decide/iam/policy-document.ts";
import { parseArn } from "../../domain/arn.ts";
import { iamAccounts } from "../../state/iam-account.ts";
import { roleKey, roles, users } from "../../state/iam.ts";
import type { State } from "../../state/state.ts";
import { lengthWithin, matches } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { refuse } from "./iam-operation.ts";
import { refuseBeyond } from "./quotas.ts";

/** The length as IAM counts it: white space is free. Source: IAM User Guide, "IAM and AWS STS quotas". */
export function policySize(...documents: readonly string[]): number {
  return documents.reduce((size, document) => size + document.replace(/\s/g, "").length, 0);
}

function parsed(document: string, use: PolicyUse): PolicyDocument {
  refuse(
    lengthWithin("policyDocument", document, 1, 131_072),
    matches("policyDocument", document, /^[\t\n\r\u0020-\u00ff]+$/, "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"),
  );
  const result = parsePolicy(document, use);
  if ("refusal" in result) throw new MalformedPolicyDocumentException(because(result.refusal));
  return result.policy;
}

/** Of a managed policy. */
export function refuseManagedDocument(document: string): void {
  parsed(document, "identity");
  refuseBeyond("PolicySize", policySize(document));
}

/** What the inline policies of one bearer may have together. Source: "IAM and STS character limits". */
export const INLINE_SIZES = { user: 2048, group: 5120, role: 10_240 } as const;

/** @param others the documents that the bearer keeps beside this one */
export function refuseInlineDocument(bearer: keyof typeof INLINE_SIZES, name: string, document: string, others: readonly string[]): void {
  parsed(document, "identity");
  const most = INLINE_SIZES[bearer];
  if (policySize(document, ...others) > most)
    throw new LimitExceededException(because(`Maximum policy size of ${most} bytes exceeded for ${bearer} ${name}`));
}

/** Of a role's trust policy: who is named in it has to exist. */
export function refuseTrustDocument(document: string, context: OperationContext): void {
  const { statements } = parsed(document, "trust");
  refuseBeyond("ACLSizePerRole", policySize(document));
  for (const { principal } of statements) {
    const unknown = principal?.aws.find((name) => !exists(name, context));
    if (unknown !== undefined) throw new MalformedPolicyDocumentException(because(`Invalid principal in policy: "AWS":"${unknown}"`));
  }
}

/** Whether a principal that a policy names is there. Of accounts that do not live here nothing is known: they are taken at their word. */
function exists(name: string, { state, account }: OperationContext): boolean {
  const found = parseArn(name);
  if (!found || (found.account !== account && !livesHere(found.account, state))) return true;
  const [kind] = found.resource.split("/");
  const key = roleKey(found.account, found.resource.slice(found.resource.lastIndexOf("/") + 1));
  if (kind === "user") return state.table(users).get(key)?.arn === name;
  if (kind === "role") return state.table(roles).get(key)?.arn === name;
  if (kind === "assumed-role") return state.table(roles).has(roleKey(found.account, found.resource.split("/")[1] ?? ""));
  return true;
}

/** An account lives here once it has anything in IAM. */
function livesHere(account: string, state: State): boolean {
  return (
    state.table(iamAccounts).has(account) ||
    state.table(users).by("account", account).length > 0 ||
    state.table(roles).by("account", account).length > 0
  );
}

/** The condition keys that policies ask for. */
export function contextKeys(documents: readonly string[]): readonly string[] {
  const policies = documents.map((document) => {
    const result = parsePolicy(document, "identity");
    if ("refusal" in result) throw new InvalidInputException(because(result.refusal));
    return result.policy;
  });
  return [...new Map(policies.flatMap(contextKeysOf).map((key) => [key.toLowerCase(), key])).values()];
}
