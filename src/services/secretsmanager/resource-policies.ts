import {
  MalformedPolicyDocumentException,
  PublicPolicyException,
  type ValidateResourcePolicyRequest,
  type ValidationErrorsEntry,
} from "@aws-sdk/client-secrets-manager";
import { mayBeNamed } from "../../authorization/named-principals.ts";
import { parsePolicy } from "../../decide/iam/parse-policy.ts";
import type { PolicyDocument } from "../../decide/iam/policy-document.ts";
import type { AccountView } from "../../state/state.ts";
import { lengthWithin } from "../constraints.ts";
import { because, type AuthorizeScope, type Permission } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { isPublic } from "./public-policy.ts";
import { keyText, onSecret, operation, putSecret, refuse, requireLiveSecret, requirePrimary, requireSecret } from "./secret.ts";

const LONGEST = 20_480;
const SYNTAX = "This resource policy contains a syntax error.";
const PRINCIPAL = "This resource policy contains an unsupported principal.";
const PUBLIC = "You can't attach a resource policy that allows broad access to the secret.";

export const putResourcePolicy = operation("PutResourcePolicy", {
  authorize: onSecret("PutResourcePolicy", ({ BlockPublicPolicy }) => ({
    "secretsmanager:BlockPublicPolicy": keyText(BlockPublicPolicy),
  })),
  run({ SecretId = "", ResourcePolicy: text = "", BlockPublicPolicy: block = false }, context) {
    refuse(lengthWithin("resourcePolicy", text, 1, LONGEST));
    const secret = requirePrimary(context, SecretId);
    const policy = readPolicy(context.state, secret.account, text);
    if (block && isPublic(policy)) throw new PublicPolicyException(because(PUBLIC));
    putSecret(context, { ...secret, policy: text });
    return { ARN: secret.arn, Name: secret.name };
  },
});

export const getResourcePolicy = operation("GetResourcePolicy", {
  authorize: onSecret("GetResourcePolicy"),
  run({ SecretId = "" }, context) {
    const { arn, name, policy } = requireLiveSecret(context, SecretId);
    return { ARN: arn, Name: name, ...defined({ ResourcePolicy: policy }) };
  },
});

export const deleteResourcePolicy = operation("DeleteResourcePolicy", {
  authorize: onSecret("DeleteResourcePolicy"),
  run({ SecretId = "" }, context) {
    const { policy: _gone, ...secret } = requirePrimary(context, SecretId);
    putSecret(context, secret);
    return { ARN: secret.arn, Name: secret.name };
  },
});

export const validateResourcePolicy = operation("ValidateResourcePolicy", {
  authorize: (input, at): readonly Permission[] =>
    ["ValidateResourcePolicy", "PutResourcePolicy"].map((action) => onMaybe(action, input, at)),
  run({ SecretId, ResourcePolicy: text = "" }, context) {
    refuse(lengthWithin("resourcePolicy", text, 1, LONGEST));
    const account = SecretId === undefined ? context.account : requireSecret(context, SecretId).account;
    const policy = readPolicy(context.state, account, text);
    const errors: ValidationErrorsEntry[] = isPublic(policy) ? [{ CheckName: "BLOCK_PUBLIC_POLICY", ErrorMessage: PUBLIC }] : [];
    return { PolicyValidationPassed: errors.length === 0, ValidationErrors: errors };
  },
});

/** A policy can be tried without naming a secret for it. */
function onMaybe(action: string, input: ValidateResourcePolicyRequest, at: AuthorizeScope): Permission {
  return input.SecretId === undefined ? { action: `secretsmanager:${action}`, resource: "*" } : onSecret(action)(input, at);
}

/** @throws MalformedPolicyDocumentException */
function readPolicy(state: AccountView, account: string, text: string): PolicyDocument {
  const parsed = parsePolicy(text, "resource");
  if ("refusal" in parsed) throw new MalformedPolicyDocumentException(because(/principal/i.test(parsed.refusal) ? PRINCIPAL : SYNTAX));
  const { policy } = parsed;
  const named = policy.statements.flatMap(({ principal }) => principal?.aws ?? []);
  if (policy.statements.some(({ principal }) => !principal) || !named.every((name) => mayBeNamed(state.whole, account, name)))
    throw new MalformedPolicyDocumentException(because(PRINCIPAL));
  return policy;
}
