import type { IncomingMessage } from "node:http";
import { scopeOfRegistryHost } from "../domain/image-reference.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { RegistryError } from "./errors.ts";
import { readRegistryToken, REGISTRY_USER, type RegistryClaims } from "../state/registry-token.ts";

/** Who makes a request, by the token in its HTTP Basic password. */
export function authenticate(request: IncomingMessage, secrets: SecretBox, now: number): RegistryClaims {
  const host = request.headers.host ?? "localhost";
  const password = basicPassword(request.headers.authorization);
  const claims = password === undefined ? undefined : readRegistryToken(secrets, password);
  if (!claims) {
    const challenge = `Basic realm="https://${host.replaceAll('"', "")}/",service="ecr.amazonaws.com"`;
    throw new RegistryError(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge });
  }
  if (now >= claims.expiresAt)
    throw new RegistryError(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");
  const named = scopeOfRegistryHost(host);
  if (named && (named.account !== claims.account || named.region !== claims.region))
    throw new RegistryError(
      403,
      "DENIED",
      `Your authorization token is for registry ${claims.account} in ${claims.region}, not for ${named.account} in ${named.region}.`,
    );
  return claims;
}

function basicPassword(header: string | undefined): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [user, ...rest] = Buffer.from(encoded, "base64").toString().split(":");
  return user === REGISTRY_USER ? rest.join(":") : undefined;
}
