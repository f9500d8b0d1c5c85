import { parseArn } from "../domain/arn.ts";
import type { Principal } from "../domain/principal.ts";
import type { Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { UpstreamCredentials } from "../ports/upstream-registry.ts";
import type { CredentialReader, PullThroughRuleRecord } from "../state/ecr-pull-through.ts";
import { roleKey, roles, users } from "../state/iam.ts";
import { keyUseThrough } from "../state/kms/condition-keys.ts";
import { encryptionContext } from "../state/secret-sealing.ts";
import { findSecret, versionOf } from "../state/secrets.ts";
import type { State, WholeState } from "../state/state.ts";
import {
  CREDENTIAL_PREFIX,
  openCredentials,
  secretIsMissing,
  secretIsOutOfReach,
  type NoCredentials,
} from "../state/upstream-credentials.ts";
import type { RequestOrigin } from "./context-keys.ts";
import { rootPrincipal } from "./credentials.ts";
import { denialOf } from "./denial-of.ts";
import type { AskedPermission } from "./authorize.ts";

interface Parts {
  readonly state: State;
  readonly now: number;
}

/** Whether an ARN names a secret that a registry's rules may have: of its own account and region, and of the name that AWS demands. */
export function isRegistrySecret(credentialArn: string, { account, region }: Scope): boolean {
  const arn = parseArn(credentialArn);
  return (
    arn?.service === "secretsmanager" &&
    arn.resource.startsWith(`secret:${CREDENTIAL_PREFIX}`) &&
    arn.account === account &&
    arn.region === region
  );
}

/**
 * What somebody must be allowed for a rule to send this secret to its registry: to read it, as it is recorded. For one that is not there, what
 * its ARN says is asked for: who may not read it is not told.
 */
export function secretReading({ state, now }: Parts, credentialArn: string): readonly AskedPermission[] {
  const secret = findSecret(state, { account: "", region: "" }, credentialArn, now);
  const keys = { "secretsmanager:SecretId": credentialArn, "secretsmanager:VersionStage": "AWSCURRENT" };
  const read = { action: "secretsmanager:GetSecretValue", resource: secret?.arn ?? credentialArn, context: keys };
  const version = secret && versionOf(secret, { id: undefined, stage: undefined });
  if (!secret || version?.keyArn === undefined) return [read];
  const context = keyUseThrough("secretsmanager", secret, encryptionContext(secret.arn, version.id));
  return [read, { action: "kms:Decrypt", resource: version.keyArn, context }];
}

/** Who gives a rule its secret, to be kept with the rule. */
export function credentialReader(state: State, principal: Principal, origin: RequestOrigin): CredentialReader {
  const ownerId = ownerOf(state, principal);
  return { principal, origin, ...(ownerId !== undefined && { ownerId }) };
}

/**
 * The credentials of a rule for its registry, while who gave the rule its secret may still read it. Of a rule of the time before that was noted,
 * the account itself is asked, and only where the registry is one that ECR knows.
 */
export function ruleCredentials(
  { state: whole, secrets, now }: { readonly state: WholeState; readonly secrets: SecretBox; readonly now: number },
  rule: PullThroughRuleRecord & { readonly credentialArn: string },
  isKnown: boolean,
): UpstreamCredentials | NoCredentials {
  const { credentialArn, credentialReader: reader } = rule;
  // The registry's own account alone: whatever a record says, no rule has another one's secret.
  const state = whole.of(rule.account);
  const secret = isRegistrySecret(credentialArn, rule) ? findSecret(state, rule, credentialArn, now) : undefined;
  if (!secret?.name.startsWith(CREDENTIAL_PREFIX)) return secretIsMissing();
  const stands = reader ? ownerOf(whole, reader.principal) === reader.ownerId : isKnown;
  const principal = reader?.principal ?? rootPrincipal(rule.account, "");
  const denied = (asked: AskedPermission): boolean => denialOf({ state: whole, now }, principal, asked, reader?.origin) !== undefined;
  if (!stands || secretReading({ state, now }, credentialArn).some(denied)) return secretIsOutOfReach();
  return openCredentials({ state, secrets, now }, secret);
}

/** The id of the user or role whose policies a principal has, as it is now: one that was made anew has another. */
function ownerOf(state: State, principal: Principal): string | undefined {
  switch (principal.kind) {
    case "user":
      return userId(state, principal.account, principal.userName);
    case "role-session":
      return state.table(roles).get(roleKey(principal.account, principal.roleName))?.id ?? GONE;
    case "federated-user":
      return principal.userName === undefined ? undefined : userId(state, principal.account, principal.userName);
    case "root":
    case "anonymous":
      return undefined;
  }
}

function userId(state: State, account: string, name: string): string {
  return state.table(users).get(roleKey(account, name))?.id ?? GONE;
}

/** No unique id: who is gone was never recorded like this, since whoever asks is there. */
const GONE = "";
