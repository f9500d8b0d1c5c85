/** Who may pass a route: who shows a JSON Web Token (RFC 7519) that one of these keys signed with RS256, of this issuer and with these claims, at its time. */
export interface ProxyTokens {
  readonly issuer: string;
  readonly claims: readonly ProxyClaim[];
  /** None where nobody passes. */
  readonly keys: readonly SigningKey[];
}

/** What a token has to say besides. All values have to be there. */
export interface ProxyClaim {
  /** `[A-Za-z0-9_-]+`. */
  readonly name: string;
  readonly format: "single-string" | "string-array" | "space-separated-values";
  readonly values: readonly string[];
}

/** A public key of an issuer. */
export interface SigningKey {
  /** Which tokens name it; any where absent. Printable ASCII. */
  readonly kid?: string;
  /** SubjectPublicKeyInfo of an RSA key, in PEM. */
  readonly pem: string;
}
