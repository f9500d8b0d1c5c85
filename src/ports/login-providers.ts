export type ProviderAnswer =
  | { readonly kind: "document"; readonly content: Readonly<Record<string, unknown>> }
  /** It says no, or nothing that could be understood. */
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

/** OpenID Connect providers as a client with a secret calls them. Only over TLS, and nowhere that tenants may not have asked. Never rejects. */
export interface LoginProviders {
  /** @param form of the token endpoint. Source: RFC 6749, sections 2.3.1, 4.1.3 and 6 */
  token(
    endpoint: string,
    client: { readonly id: string; readonly secret: string },
    form: Readonly<Record<string, string>>,
  ): Promise<ProviderAnswer>;
  /** Source: OpenID Connect Core 1.0, section 5.3. */
  userInfo(endpoint: string, accessToken: string): Promise<ProviderAnswer>;
}
