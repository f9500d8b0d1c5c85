import { InvalidParameterException, InvalidRequestException, ResourceNotFoundException } from "@aws-sdk/client-secrets-manager";
import { isGone, findSecret, secrets, type SecretRecord } from "../../state/secrets.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, type Violation } from "../constraints.ts";
import { because, operationsOf, type OperationContext, type RequestScope } from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-secrets-manager")>();

export const onSecret =
  (action: string) =>
  ({ SecretId }: { SecretId?: string | undefined }, at: RequestScope) => ({
    action: `secretsmanager:${action}`,
    resource: SecretId?.startsWith("arn:") ? SecretId : at.arn("secretsmanager", `secret:${SecretId ?? ""}-??????`),
  });

export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw new AwsError("ValidationException", broken);
}

/** The secret that a request names, also one that waits for its deletion. @throws ResourceNotFoundException */
export function requireSecret({ state, account, region, now }: OperationContext, id: string): SecretRecord {
  const found = findSecret(state, { account, region }, id, now);
  if (!found || found.account !== account || found.region !== region)
    throw new ResourceNotFoundException(because("Secrets Manager can't find the specified secret."));
  return found;
}

/** @throws InvalidRequestException also for a secret that waits for its deletion */
export function requireLiveSecret(context: OperationContext, id: string): SecretRecord {
  const found = requireSecret(context, id);
  if (found.deletionDate !== undefined)
    throw new InvalidRequestException(because("You can't perform this operation on the secret because it was marked for deletion."));
  return found;
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

/** Writes a changed secret, and takes the occasion to drop those whose recovery window is over. */
export function putSecret({ state, now }: OperationContext, secret: SecretRecord): void {
  state.commit(() => {
    const table = state.table(secrets);
    table.put(secret);
    for (const other of table.by("scope", `${secret.account}/${secret.region}`)) if (isGone(other, now)) table.delete(other.arn);
  });
}
