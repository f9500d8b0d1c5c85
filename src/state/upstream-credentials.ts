import type { SecretBox } from "../ports/secret-box.ts";
import type { UpstreamCredentials } from "../ports/upstream-registry.ts";
import { openVersion } from "./secret-sealing.ts";
import { versionOf, type SecretRecord } from "./secrets.ts";
import type { State } from "./state.ts";

/** What a secret must be called for a pull-through cache to read it. Source: ECR User Guide, "Storing your upstream repository credentials". */
export const CREDENTIAL_PREFIX = "ecr-pullthroughcache/";

/** Why there are no credentials: the name of ECR's exception, and a sentence that holds nothing of the secret. */
export interface NoCredentials {
  readonly problem: "SecretNotFoundException" | "UnableToAccessSecretException" | "UnableToDecryptSecretValueException";
  readonly message: string;
}

interface CredentialParts {
  readonly state: State;
  readonly secrets: SecretBox;
  readonly now: number;
}

/** The credentials in the current version of a secret: JSON with `username` and `accessToken`. Who may read them is not asked here. */
export function openCredentials(parts: CredentialParts, secret: SecretRecord): UpstreamCredentials | NoCredentials {
  const value = openSecret(parts, secret);
  if (value === undefined) return secretIsOutOfReach();
  if ("problem" in value) return value;
  return readCredentials(value.text) ?? inaccessible("The secret must be a JSON object with the texts username and accessToken.");
}

/** Why a rule cannot be given a secret. What is in it, if anything is yet, is read when the rule is used or validated. */
export function problemOf(parts: CredentialParts, secret: SecretRecord): NoCredentials | undefined {
  const value = openSecret(parts, secret);
  return value && "problem" in value ? value : undefined;
}

/** Undefined while nothing was put into it. */
function openSecret(parts: CredentialParts, secret: SecretRecord): { readonly text: string } | NoCredentials | undefined {
  if (secret.deletionDate !== undefined) return secretIsOutOfReach();
  const version = versionOf(secret, { id: undefined, stage: undefined });
  if (!version) return undefined;
  const value = openVersion(parts, secret, version);
  if (!("refusal" in value)) return { text: Buffer.from(value).toString() };
  return {
    problem: "UnableToDecryptSecretValueException",
    message: "The secret is accessible but is unable to be decrypted. Verify the resource permissions and try again.",
  };
}

export function secretIsMissing(): NoCredentials {
  return {
    problem: "SecretNotFoundException",
    message:
      "The ARN of the secret specified in the pull through cache rule was not found. Update the pull through cache rule with a valid secret ARN and try again.",
  };
}

/** It waits for its deletion, or who gave it to the rule may not read it. */
export function secretIsOutOfReach(): NoCredentials {
  return inaccessible("The secret is unable to be accessed. Verify the resource permissions for the secret and try again.");
}

function inaccessible(message: string): NoCredentials {
  return { problem: "UnableToAccessSecretException", message };
}

function readCredentials(text: string): UpstreamCredentials | undefined {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    const { username, accessToken } = value ?? {};
    return typeof username === "string" && typeof accessToken === "string" ? { username, password: accessToken } : undefined;
  } catch {
    // What is no JSON is no credentials; a part of it must not be told.
    return undefined;
  }
}
