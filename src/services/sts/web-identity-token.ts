import { ExpiredTokenException, IDPCommunicationErrorException, InvalidIdentityTokenException } from "@aws-sdk/client-sts";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from "jose";
import type { IdentityProviders, PublishedKey } from "../../ports/identity-providers.ts";
import { oidcProviders, type OidcProviderRecord } from "../../state/iam.ts";
import type { State } from "../../state/state.ts";
import { because } from "../operation.ts";

/** What a token proves. */
export interface WebIdentity {
  readonly provider: OidcProviderRecord;
  readonly subject: string;
  /** The client id of the provider for which the token was issued. */
  readonly audience: string;
  readonly claims: JWTPayload;
}

interface Parts {
  readonly state: State;
  readonly identityProviders: IdentityProviders;
  readonly now: number;
}

/** Signatures that only the holder of a private key can make: with a shared secret, whoever knows the public key could sign. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

/** How far clocks may differ. Source: IAM User Guide, "OIDC federation": five minutes past the expiration. */
const CLOCK_SKEW_S = 300;

/**
 * Verifies the token of an OpenID Connect issuer against the provider that an account has for it: signature, issuer, audience, time.
 * Thumbprints are not compared: keys are fetched over TLS from a server whose certificate is verified, which is what AWS goes by, too.
 * Source: STS API Reference, "AssumeRoleWithWebIdentity"; OpenID Connect Core 1.0, section 3.1.3.7.
 * @throws InvalidIdentityTokenException, ExpiredTokenException, IDPCommunicationErrorException
 */
export async function verifyWebIdentity(token: string, account: string, { state, identityProviders, now }: Parts): Promise<WebIdentity> {
  const { issuer, keyId } = readClaimed(token);
  const provider = state
    .table(oidcProviders)
    .by("account", account)
    .find(({ url }) => url === issuer.replace(/^https:\/\//, ""));
  if (!provider) throw invalid(`No OpenIDConnect provider found in your account for ${issuer}`);
  const found = await identityProviders.signingKeys(issuer, keyId);
  if (found.kind === "unreachable")
    throw new IDPCommunicationErrorException(because(`The identity provider could not be reached: ${found.detail}`));
  if (found.kind === "unusable") throw noKey();
  const claims = await verified(token, found.keys, now);
  const audience = audienceOf(claims, provider.clientIds);
  if (audience === undefined) throw invalid("Incorrect token audience");
  return { provider, subject: claims.sub ?? "", audience, claims };
}

/** What a token says of itself before anything is verified: only good for finding out with what to verify it. */
function readClaimed(token: string): { readonly issuer: string; readonly keyId: string | undefined } {
  const { header, issuer } = decoded(token);
  if (!ALGORITHMS.includes(header.alg ?? "")) throw invalid("The algorithm with which the token is signed is not supported");
  if (typeof issuer !== "string") throw invalid("Missing a required claim: iss");
  return { issuer, keyId: header.kid };
}

function decoded(token: string) {
  try {
    return { header: decodeProtectedHeader(token), issuer: decodeJwt(token).iss };
  } catch {
    // Three parts of base64url with JSON in two of them: what is less is no token, whatever is wrong with it.
    throw invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
  }
}

async function verified(token: string, keys: readonly PublishedKey[], now: number): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys } as unknown as JSONWebKeySet), {
      algorithms: ALGORITHMS,
      currentDate: new Date(now),
      clockTolerance: CLOCK_SKEW_S,
      requiredClaims: ["exp", "iat", "aud", "sub"],
    });
    if ((payload.iat ?? 0) > now / 1000 + CLOCK_SKEW_S) throw invalid("Token is not yet valid");
    return payload;
  } catch (thrown) {
    throw refusal(thrown, now);
  }
}

function refusal(thrown: unknown, now: number): Error {
  if (thrown instanceof errors.JWTExpired)
    return new ExpiredTokenException(
      because(`Token expired: current date/time ${Math.floor(now / 1000)} must be before the expiration date/time ${thrown.payload.exp}`),
    );
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    if (thrown.reason === "missing") return invalid(`Missing a required claim: ${thrown.claim}`);
    return invalid(thrown.claim === "nbf" ? "Token is not yet valid" : `The claim ${thrown.claim} of the token is not valid`);
  }
  if (thrown instanceof errors.JWSSignatureVerificationFailed) return invalid("The signature of the token is not valid");
  // No key of that id, one of another kind, one that is too weak, or keys that are none.
  if (thrown instanceof errors.JOSEError || thrown instanceof TypeError) return noKey();
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * The client id that the token is for. Where it names an authorized party, that is the one which counts.
 * Source: IAM User Guide, "Available keys for AWS OIDC federation", `azp`.
 */
function audienceOf({ aud, azp }: JWTPayload, clientIds: readonly string[]): string | undefined {
  const candidates = typeof azp === "string" ? [azp] : [aud ?? []].flat();
  return candidates.find((candidate) => clientIds.includes(candidate));
}

function invalid(message: string): InvalidIdentityTokenException {
  return new InvalidIdentityTokenException(because(message));
}

function noKey(): InvalidIdentityTokenException {
  return invalid(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );
}
