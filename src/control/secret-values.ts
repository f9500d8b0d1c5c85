import { arn as arnOf, parseArn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { encryptionContext as parameterContext, openParameter } from "../state/parameter-sealing.ts";
import { findParameter, parameterReference, type ParameterRecord, type ParameterVersionRecord } from "../state/parameters.ts";
import { keyUseThrough } from "../state/kms/condition-keys.ts";
import { encryptionContext, FOREIGN_TO_DEFAULT_KEY, hasOwnKey, openVersion } from "../state/secret-sealing.ts";
import { findSecret, versionOf } from "../state/secrets.ts";
import type { WholeState } from "../state/state.ts";

/** `missingParameter`: the name of a parameter that is not there, of which the agent tells all that a task lacks at once. */
export type SecretValue = { readonly value: string } | { readonly failure: string; readonly missingParameter?: string };

type ConditionKeys = Readonly<Record<string, string | readonly string[] | undefined>>;

interface SecretParts {
  readonly state: WholeState;
  readonly secrets: SecretBox;
  readonly now: number;
  /** Whether the execution role may do something; AWS's sentence about it where it may not. */
  readonly ask: (action: string, resource: string, context?: ConditionKeys) => string | undefined;
}

/** Parameter Store gives a secret of Secrets Manager below this path. */
const SECRET_REFERENCE = "/aws/reference/secretsmanager/";
const UNABLE = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:";
const FROM_ASM = `${UNABLE} unable to retrieve secret from asm: service call has been retried 1 time(s):`;
const FROM_SSM = `${UNABLE} unable to retrieve secrets from ssm: service call has been retried 1 time(s):`;

/**
 * The value that a `valueFrom` of a task definition names: a secret of Secrets Manager by its ARN, with or without
 * `:json-key:version-stage:version-id`; or a parameter of Systems Manager by its ARN, or by its name in the task's region.
 * A failure is the task's stopped reason in the words of ECS's agent; it never holds a value or a part of one.
 */
export function secretValue(parts: SecretParts, reference: string, scope: Scope): SecretValue {
  const arn = parseArn(reference);
  if (arn?.service === "secretsmanager") return fromSecretsManager(parts, reference, arn.resource, scope);
  return fromParameterStore(parts, reference, scope);
}

function fromSecretsManager(parts: SecretParts, reference: string, resource: string, scope: Scope): SecretValue {
  const { state, ask } = parts;
  const [kind = "", name = "", jsonKey = "", stage = "", versionId = "", ...more] = resource.split(":");
  const fields = resource.split(":").length;
  if (kind !== "secret" || name === "" || (fields !== 2 && fields !== 5) || more.length > 0)
    return {
      failure: `${FROM_ASM} trying to retrieve secret with value ${reference} resulted in error: an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.`,
    };
  const arn = `${reference.slice(0, reference.length - resource.length)}secret:${name}`;
  const failed = (code: string, message: string): SecretValue => ({
    failure: `${FROM_ASM} failed to fetch secret ${arn} from secrets manager: ${code}: ${message}`,
  });
  // The scope of an ARN is its own. A deleted secret fails before and after the end of its recovery window, so the time does not matter.
  const secret = findSecret(state, { account: "", region: "" }, arn, 0);
  const denial = ask("secretsmanager:GetSecretValue", secret?.arn ?? arn, {
    "secretsmanager:SecretId": arn,
    ...(stage === "" ? {} : { "secretsmanager:VersionStage": stage }),
    ...(versionId === "" ? {} : { "secretsmanager:VersionId": versionId }),
  });
  if (denial !== undefined) return failed("AccessDeniedException", denial);
  if (!secret) return failed("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
  if (secret.deletionDate !== undefined)
    return failed("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");
  const version = versionOf(secret, { id: versionId || undefined, stage: stage || undefined });
  if (!version) {
    const wanted = versionId === "" ? `staging label: ${stage || "AWSCURRENT"}` : `VersionId: ${versionId}`;
    return failed("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${wanted}`);
  }
  // No policy opens the key that AWS manages for the service to another account, and none is asked about it.
  if (secret.account !== scope.account && !hasOwnKey(secret)) return failed("InvalidRequestException", FOREIGN_TO_DEFAULT_KEY);
  // The agent reads SecretString, which a binary secret does not have.
  if (version.keyArn !== undefined) {
    const keys = keyUseThrough("secretsmanager", secret, encryptionContext(secret.arn, version.id));
    if (ask("kms:Decrypt", version.keyArn, keys) !== undefined) return failed("AccessDeniedException", "Access to KMS is not allowed");
  }
  const value = openVersion(parts, secret, version);
  if ("refusal" in value)
    return failed("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.");
  const text = version.kind === "string" ? Buffer.from(value).toString() : "";
  return jsonKey === "" ? { value: text } : jsonMember(text, jsonKey);
}

function jsonMember(text: string, key: string): SecretValue {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The agent quotes the character that is wrong: a part of the value, so not here.
    return { failure: `${FROM_ASM} invalid character looking for beginning of value` };
  }
  if (typeof document !== "object" || document === null || Array.isArray(document) || !Object.hasOwn(document, key))
    return { failure: `${FROM_ASM} retrieved secret from Secrets Manager did not contain json key ${key}` };
  const value = (document as Readonly<Record<string, unknown>>)[key];
  try {
    return { value: typeof value === "string" ? value : JSON.stringify(value) };
  } catch {
    // Nested so deep that writing it would need more stack than there is.
    return { failure: `${FROM_ASM} the json key ${key} of the secret is nested too deep` };
  }
}

/** What the agent says of parameters that are not there. */
export function invalidParameters(names: readonly string[]): string {
  return `${FROM_SSM} invalid ssm parameters: ${names.join(",")}`;
}

function fromParameterStore(parts: SecretParts, reference: string, scope: Scope): SecretValue {
  const { state, ask } = parts;
  const wanted = parameterReference(scope, reference);
  const { parameter, version } = findParameter(state, wanted);
  const name = (parameter?.name ?? wanted.names[0] ?? "").replace(/^\/?/, "/");
  const denial = ask("ssm:GetParameters", arnOf("ssm", wanted.scope, `parameter${name}`));
  if (denial !== undefined) return { failure: `${FROM_SSM} AccessDeniedException: ${denial}` };
  if (name.startsWith(SECRET_REFERENCE)) {
    const secret = findSecret(state, wanted.scope, name.slice(SECRET_REFERENCE.length), parts.now);
    if (secret) return fromSecretsManager(parts, secret.arn, secret.arn.split(":").slice(5).join(":"), scope);
  }
  if (!version) {
    // The agent asks for the name, also where the task definition has an ARN.
    const named = parseArn(reference)?.resource.replace(/^parameter/, "") ?? reference;
    return { failure: invalidParameters([named]), missingParameter: named };
  }
  if (version.type === "SecureString" && !mayDecrypt(parts, parameter, version, scope))
    return {
      failure: `${FROM_SSM} AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.`,
    };
  const opened = openParameter(parts, parameter, version);
  return "refusal" in opened ? { failure: `${FROM_SSM} InvalidKeyId: ${opened.refusal.message}` } : { value: opened.clear };
}

/** The key that AWS manages for the service serves its own account alone. Source: Systems Manager User Guide, "Working with shared parameters". */
function mayDecrypt({ ask }: SecretParts, parameter: ParameterRecord, { keyArn }: ParameterVersionRecord, { account }: Scope): boolean {
  if (keyArn === undefined) return parameter.account === account;
  return ask("kms:Decrypt", keyArn, keyUseThrough("ssm", parameter, parameterContext(parameter))) === undefined;
}
