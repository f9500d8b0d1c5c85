import { createPublicKey } from "node:crypto";
import { defined } from "../../domain/defined.ts";
import type { SigningKey } from "../../domain/proxy-tokens.ts";
import type { PublishedKey } from "../../ports/identity-providers.ts";

/** Bits of a modulus. Source: RFC 7518, section 3.3. */
const LEAST_BITS = 2048;

/** Those of a set that RS256 is checked with; what is for something else, or no key, is left out. */
export function usableKeys(published: readonly PublishedKey[]): readonly SigningKey[] {
  return published.flatMap((jwk) => {
    const { kty, use = "sig", alg = "RS256", kid } = jwk;
    const isNamed = kid === undefined || (typeof kid === "string" && /^[\x20-\x7e]{1,512}$/.test(kid));
    if (kty !== "RSA" || use !== "sig" || alg !== "RS256" || !isNamed) return [];
    const pem = pemOf(jwk);
    return pem === undefined ? [] : [{ ...defined({ kid }), pem }];
  });
}

function pemOf(jwk: PublishedKey): string | undefined {
  try {
    const { n, e } = jwk as { readonly n?: string; readonly e?: string };
    // Nothing else of it is read: who publishes a private key by mistake is not to find it here again.
    const key = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" } as Parameters<typeof createPublicKey>[0]);
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return bits < LEAST_BITS ? undefined : String(key.export({ type: "spki", format: "pem" }));
  } catch {
    // It is no key, whatever it says.
    return undefined;
  }
}
