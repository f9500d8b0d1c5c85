export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
  /** The registry's host, where the engine asks for it. */
  readonly serveraddress?: string;
}

/**
 * The header that carries a login through the engine to a registry. The engine wants the URL-safe alphabet *with* its padding, which Node leaves
 * out, and takes what it cannot read for no login at all.
 */
export function registryAuthHeader(login: RegistryLogin): { readonly "x-registry-auth": string } {
  const encoded = Buffer.from(JSON.stringify(login)).toString("base64url");
  return { "x-registry-auth": encoded.padEnd(Math.ceil(encoded.length / 4) * 4, "=") };
}
