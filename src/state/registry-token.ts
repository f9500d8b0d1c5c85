import { createHmac, timingSafeEqual } from "node:crypto";
import type { Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";

/** What an authorization token stands for: a principal in one account and region. Times are milliseconds since the Unix epoch. */
export interface RegistryClaims extends Scope {
  readonly principalArn: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Source: ECR API Reference, `GetAuthorizationToken`: "The authorization token is valid for 12 hours". */
export const REGISTRY_TOKEN_LIFETIME_MS = 12 * 3_600_000;

/** The user name that goes with a token in HTTP Basic authentication. */
export const REGISTRY_USER = "AWS";

/** Makes the password of a `docker login`: claims in the clear, and a signature under a key of this installation. */
export function mintRegistryToken(secrets: SecretBox, claims: RegistryClaims): string {
  const { account, region, principalArn, issuedAt, expiresAt } = claims;
  const payload = Buffer.from(JSON.stringify({ account, region, principalArn, issuedAt, expiresAt })).toString("base64url");
  return `${payload}.${sign(secrets, payload).toString("base64url")}`;
}

/** What a token says, if we made it, whether or not its time is over; `undefined` for any other text. */
export function readRegistryToken(secrets: SecretBox, token: string): RegistryClaims | undefined {
  const [payload = "", signature = "", ...rest] = token.split(".");
  const given = Buffer.from(signature, "base64url");
  const ours = sign(secrets, payload);
  if (rest.length > 0 || given.length !== ours.length || !timingSafeEqual(given, ours)) return undefined;
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as RegistryClaims;
}

function sign(secrets: SecretBox, payload: string): Buffer {
  return createHmac("sha256", secrets.derive("registry-token")).update(payload).digest();
}
