import type { Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { decryptWith, encryptUnder, type EncryptionContext } from "./kms/encryption.ts";
import type { Refused } from "./kms/refusal.ts";
import { parameterArn, parameterKey, type ParameterVersionRecord } from "./parameters.ts";
import type { State } from "./state.ts";

export interface SealingParts {
  readonly state: State;
  readonly secrets: SecretBox;
  readonly now: number;
}

type Named = Scope & { readonly name: string };

/** The key of a SecureString that names none. What it protects is sealed under the installation's root key. */
export const DEFAULT_KEY = "alias/aws/ssm";

export function isOwnKey(keyId: string): boolean {
  return keyId !== "" && !keyId.endsWith(DEFAULT_KEY);
}

/** What binds a ciphertext to its parameter. Source: Systems Manager User Guide, "Parameter Store encryption context". */
export function encryptionContext(parameter: Named): EncryptionContext {
  return { PARAMETER_ARN: parameterArn(scopeOf(parameter), parameter.name) };
}

/** The value of a SecureString as it is kept, with the ARN of the key where it is not the default one. Refused where the key cannot encrypt. */
export function sealParameter(
  parts: SealingParts,
  parameter: Named,
  { version, keyId }: { readonly version: number; readonly keyId: string },
  value: string,
): Pick<ParameterVersionRecord, "value" | "keyArn"> | Refused {
  const plain = Buffer.from(value);
  if (!isOwnKey(keyId)) return { value: parts.secrets.seal(plain, binding(parameter, version)) };
  const encrypted = encryptUnder({ ...parts, scope: scopeOf(parameter) }, keyId, plain, encryptionContext(parameter));
  return "refusal" in encrypted ? encrypted : { value: encrypted.ciphertext.toString("base64"), keyArn: encrypted.key.arn };
}

/** The value in clear, of whatever type. Refused where the key of a SecureString cannot decrypt. */
export function openParameter(
  parts: SealingParts,
  parameter: Named,
  { type, version, value, keyArn }: ParameterVersionRecord,
): { readonly clear: string } | Refused {
  if (type !== "SecureString") return { clear: value };
  if (keyArn === undefined) return { clear: Buffer.from(parts.secrets.open(value, binding(parameter, version))).toString() };
  const opened = decryptWith({ ...parts, scope: scopeOf(parameter) }, Buffer.from(value, "base64"), encryptionContext(parameter));
  return "refusal" in opened ? opened : { clear: opened.plaintext.toString() };
}

const binding = (parameter: Named, version: number): string => `ssm:${parameterKey(parameter, parameter.name)}:${version}`;

/** Callers may pass something larger. */
function scopeOf({ account, region }: Scope): Scope {
  return { account, region };
}
