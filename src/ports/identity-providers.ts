/** A public key as issuers publish it: a JSON Web Key (RFC 7517), not looked at yet. */
export type PublishedKey = Readonly<Record<string, unknown>>;

export type SigningKeys =
  | { readonly kind: "found"; readonly keys: readonly PublishedKey[] }
  /** Nobody answers, in time or at all, or what answers has failed: it may be better later. */
  | { readonly kind: "unreachable"; readonly detail: string }
  /** It answers with something that no OpenID Connect issuer should, or it is not to be asked. */
  | { readonly kind: "unusable"; readonly detail: string };

/** OpenID Connect issuers, as far as they publish the keys with which they sign tokens. */
export interface IdentityProviders {
  /**
   * The keys of one issuer, found through `<issuer>/.well-known/openid-configuration`. Never rejects. Keys may be kept for a while.
   * @param issuer as its tokens have it in `iss`: an `https:` URL, or an `http:` one of loopback
   * @param keyId the `kid` that is looked for: where the kept keys lack it, they are fetched anew, within bounds
   */
  signingKeys(issuer: string, keyId: string | undefined): Promise<SigningKeys>;
}
