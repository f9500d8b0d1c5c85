import type { PublishedKey } from "./identity-providers.ts";

export type KeySet =
  | { readonly kind: "found"; readonly keys: readonly PublishedKey[] }
  /** Nobody answers, or with something that is no set of keys, or too large a one. */
  | { readonly kind: "failed"; readonly detail: string };

/** Sets of keys (RFC 7517) as issuers of tokens publish them. */
export interface KeySets {
  /** Only over TLS, and nowhere that tenants may not have asked. Never rejects. @param endpoint an `https:` URL */
  fetch(endpoint: string): Promise<KeySet>;
}
