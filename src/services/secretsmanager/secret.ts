import { scopeKey } from "../../domain/scope.ts";
import { InvalidParameterException, InvalidRequestException, ResourceNotFoundException } from "@aws-sdk/client-secrets-manager";
import { writeSecret } from "../../state/secret-replicas.ts";
import { isGone, findSecret, isReplica, secrets, type SecretRecord } from "../../state/secrets.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, type Violation } from "../constraints.ts";
import {
  because,
  operationsOf,
  type AuthorizeScope,
  type ConditionContext,
  type OperationContext,
  type Permission,
  type RequestScope,
} from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-secrets-manager")>();

interface Named {
  readonly SecretId?: string | undefined;
}

/**
 * The permission of an operation on one secret, with `secretsmanager:SecretId` and what else the request tells.
 * Source: Service Authorization Reference, "AWS Secrets Manager".
 */
export function onSecret<I extends Named>(action: string, keys: (input: I) => ConditionContext = () => ({})) {
  return (input: I, at: AuthorizeScope): Permission => ({
    action: `secretsmanager:${action}`,
    resource: secretArn(at, input.SecretId ?? ""),
    context: { "secretsmanager:SecretId": input.SecretId, ...keys(input) },
  });
}

/** The ARN of the secret that a request names; of one that is not there, what its ARN would be like. */
function secretArn(at: AuthorizeScope, id: string): string {
  const found = findSecret(at.state.whole, { account: at.account, region: at.region }, id, at.now);
  if (found) return found.arn;
  return id.startsWith("arn:") ? id : futureArn(at, id);
}

/** A secret gets the end of its ARN when it is made: what policies say of that cannot be asked before. */
export function futureArn(at: RequestScope, name: string): string {
  return at.arn("secretsmanager", `secret:${name}-??????`);
}

/** Condition keys are texts: numbers and truth values are written out. */
export function keyText(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw new AwsError("ValidationException", broken);
}

/**
 * The secret that a request names, also one that waits for its deletion, and one of another account where an ARN names it: policies have
 * let the request pass. No region serves the secrets of another one.
 * @throws ResourceNotFoundException
 */
export function requireSecret({ state, account, region, now }: OperationContext, id: string): SecretRecord {
  const found = findSecret(state, { account, region }, id, now);
  if (!found || found.region !== region) throw new ResourceNotFoundException(because("Secrets Manager can't find the specified secret."));
  return found;
}

/** @throws InvalidRequestException also for a secret that waits for its deletion */
export function requireLiveSecret(context: OperationContext, id: string): SecretRecord {
  const found = requireSecret(context, id);
  if (found.deletionDate !== undefined)
    throw new InvalidRequestException(because("You can't perform this operation on the secret because it was marked for deletion."));
  return found;
}

/** A live secret that may be changed here. @throws InvalidParameterException for a replica */
export function requirePrimary(context: OperationContext, id: string): SecretRecord {
  const found = requireLiveSecret(context, id);
  refuseReplica(found);
  return found;
}

/** @throws InvalidParameterException */
export function refuseReplica(secret: SecretRecord): void {
  if (isReplica(secret))
    throw new InvalidParameterException(
      because("Operation not permitted on a replica secret. Call must be made in primary secret's region."),
    );
}

export function refuseName(name: string): void {
  if (name.length > 512 || !/^[A-Za-z0-9/_+=.@!-]+$/.test(name))
    throw new AwsError(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
}

export function refuseToken(token: string | undefined): void {
  if (token !== undefined && (token.length < 32 || token.length > 64))
    throw new InvalidParameterException(because("ClientRequestToken must be 32-64 characters long."));
}

/** Writes a changed secret and its replicas, and takes the occasion to drop those whose recovery window is over. */
export function putSecret({ state, secrets: box, now }: OperationContext, secret: SecretRecord): SecretRecord {
  return state.commit(() => {
    const table = state.table(secrets);
    const written = writeSecret({ state, secrets: box }, secret, now);
    for (const other of table.by("scope", scopeKey(secret))) if (isGone(other, now)) table.delete(other.arn);
    return written;
  });
}
