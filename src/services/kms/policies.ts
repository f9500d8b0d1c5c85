import { LimitExceededException, MalformedPolicyDocumentException, NotFoundException } from "@aws-sdk/client-kms";
import { mayBeNamed } from "../../authorization/named-principals.ts";
import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import { keys } from "../../state/kms/keys.ts";
import { decideFor } from "../decide-for.ts";
import { because, type OperationContext } from "../operation.ts";
import { keyPermission, onKey, operation, refuseManaged, requireOwnKey } from "./key.ts";

/** A key has one policy, and this is its name. */
const POLICY_NAME = "default";
const LONGEST_POLICY = 32_768;

/**
 * Refuses a key policy that AWS refuses: one that is no policy, names principals of this account that are not there, or would keep the
 * caller from changing it again. Source: KMS Developer Guide, "Default key policy", `BypassPolicyLockoutSafetyCheck`.
 *
 * @param keyArn of the key that gets it
 * @throws MalformedPolicyDocumentException, LimitExceededException
 */
export function checkKeyPolicy(context: OperationContext, text: string, keyArn: string, bypass = false): void {
  if (text.length > LONGEST_POLICY) throw new LimitExceededException(because("The key policy is longer than 32768 bytes."));
  const parsed = parsePolicy(text, "resource");
  if ("refusal" in parsed) throw new MalformedPolicyDocumentException(because(parsed.refusal));
  for (const { principal } of parsed.policy.statements)
    if (!(principal?.aws ?? []).every((name) => mayBeNamed(context.state.whole, context.account, name)))
      throw new MalformedPolicyDocumentException(because("Policy contains a statement with one or more invalid principals."));
  if (!bypass && locksOut(context, text, keyArn))
    throw new MalformedPolicyDocumentException(because("The new key policy will not allow you to update the key policy in the future."));
}

function locksOut(context: OperationContext, text: string, keyArn: string): boolean {
  const asked = { action: "kms:PutKeyPolicy", resource: keyArn, context: { "kms:CallerAccount": context.account }, tryPolicy: text };
  return !decideFor(context, asked).allowed;
}

function checkName(name: string | undefined): void {
  if (name !== undefined && name !== POLICY_NAME) throw new NotFoundException(because("No such policy exists"));
}

export const getKeyPolicy = operation("GetKeyPolicy", {
  authorize: onKey("GetKeyPolicy"),
  run({ KeyId, PolicyName }, context) {
    const key = requireOwnKey(context, KeyId);
    checkName(PolicyName);
    return { Policy: key.policy, PolicyName: POLICY_NAME };
  },
});

export const putKeyPolicy = operation("PutKeyPolicy", {
  authorize: ({ KeyId, BypassPolicyLockoutSafetyCheck }, at) =>
    keyPermission("PutKeyPolicy", at, KeyId, { "kms:BypassPolicyLockoutSafetyCheck": String(BypassPolicyLockoutSafetyCheck ?? false) }),
  run({ KeyId, PolicyName, Policy = "", BypassPolicyLockoutSafetyCheck }, context) {
    const key = requireOwnKey(context, KeyId);
    refuseManaged(key);
    checkName(PolicyName);
    checkKeyPolicy(context, Policy, key.arn, BypassPolicyLockoutSafetyCheck);
    context.state.commit(() => context.state.table(keys).put({ ...key, policy: Policy }));
    return {};
  },
});

export const listKeyPolicies = operation("ListKeyPolicies", {
  authorize: onKey("ListKeyPolicies"),
  run({ KeyId }, context) {
    requireOwnKey(context, KeyId);
    return { PolicyNames: [POLICY_NAME], Truncated: false };
  },
});
