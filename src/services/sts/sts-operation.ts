import type { TemporaryCredentials } from "../../authorization/session-token.ts";
import { AwsError } from "../aws-error.ts";
import { brokenConstraints, type Violation } from "../constraints.ts";
import { operationsOf } from "../operation.ts";

export const operation = operationsOf<typeof import("@aws-sdk/client-sts")>();

export function refuse(...violations: readonly Violation[]): void {
  const broken = brokenConstraints(...violations);
  if (broken) throw new AwsError("ValidationError", broken);
}

export function accessDenied(message: string): AwsError {
  return new AwsError("AccessDenied", message, 403);
}

export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterValue", message);
}

/** Credentials as every operation answers them. `expiresAt` in milliseconds since the Unix epoch. */
export function credentialsView({ accessKeyId, secretAccessKey, sessionToken }: TemporaryCredentials, expiresAt: number) {
  return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration: new Date(expiresAt) };
}

/** No principal has a multi-factor device here: whoever claims to use one is refused, as AWS refuses a device that it does not know. */
export function refuseMultiFactor({
  SerialNumber,
  TokenCode,
}: {
  SerialNumber?: string | undefined;
  TokenCode?: string | undefined;
}): void {
  if (SerialNumber === undefined && TokenCode === undefined) return;
  throw accessDenied(
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
  );
}
