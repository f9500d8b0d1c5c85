import type { Principal } from "../domain/principal.ts";
import type { Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";

/**
 * What an authorization token stands for: who may use which registry, that of one account and region. The account may be another one than
 * the holder's: policies decide at every request. Times are milliseconds since the Unix epoch.
 */
export interface RegistryClaims extends Scope {
  readonly holder: RegistryHolder;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A principal, or this host as the container instance of an account: it pulls for tasks that have no execution role. */
export type RegistryHolder =
  | { readonly kind: "principal"; readonly principal: Principal }
  | { readonly kind: "container-instance"; readonly account: string };

/** Source: ECR API Reference, `GetAuthorizationToken`: "The authorization token is valid for 12 hours". */
export const REGISTRY_TOKEN_LIFETIME_MS = 12 * 3_600_000;

/** The user name that goes with a token in HTTP Basic authentication. */
export const REGISTRY_USER = "AWS";

const CONTEXT = "ecr:registry-token";

/** When a token ends that is made now: with the credentials that it was asked for with, and after twelve hours at the latest. */
export function registryTokenEnd({ session }: Principal, now: number): number {
  return Math.min(now + REGISTRY_TOKEN_LIFETIME_MS, session?.expiresAt ?? Number.POSITIVE_INFINITY);
}

/** Makes the password of a `docker login`: claims that only this installation can write or read. */
export function mintRegistryToken(secrets: SecretBox, { account, region, holder, issuedAt, expiresAt }: RegistryClaims): string {
  return secrets.seal(Buffer.from(JSON.stringify({ account, region, holder, issuedAt, expiresAt })), CONTEXT);
}

/** What a token says, if we made it, whether or not its time is over; `undefined` for any other text. */
export function readRegistryToken(secrets: SecretBox, token: string): RegistryClaims | undefined {
  const known = opened.get(secrets) ?? new Map<string, RegistryClaims>();
  opened.set(secrets, known);
  const before = known.get(token);
  if (before) return before;
  try {
    const claims = JSON.parse(Buffer.from(secrets.open(token, CONTEXT)).toString()) as RegistryClaims;
    if (known.size >= MOST_OPENED) known.clear();
    known.set(token, claims);
    return claims;
  } catch {
    // Not ours, or changed on its way: the box opens nothing else.
    return undefined;
  }
}

/** Tokens that are ours, each opened once: a client shows its own with every request, and opening it takes longer than all that the door does besides. */
const opened = new WeakMap<SecretBox, Map<string, RegistryClaims>>();
const MOST_OPENED = 1000;
