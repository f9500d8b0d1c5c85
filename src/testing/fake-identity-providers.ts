import type { IdentityProviders, PublishedKey } from "../ports/identity-providers.ts";

/** Issuers that publish what the map says. An issuer without keys does not answer. */
export function fakeIdentityProviders(issuers: ReadonlyMap<string, readonly PublishedKey[] | "down">): IdentityProviders {
  return {
    signingKeys(issuer) {
      const keys = issuers.get(issuer);
      if (keys === undefined) return Promise.resolve({ kind: "unusable", detail: `${issuer} answered 404` });
      return Promise.resolve(keys === "down" ? { kind: "unreachable", detail: `${issuer} is down` } : { kind: "found", keys });
    },
  };
}
