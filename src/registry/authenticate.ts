import type { IncomingMessage } from "node:http";
import { parseHostHeader } from "../domain/host-header.ts";
import { scopeOfRegistryHost } from "../domain/image-reference.ts";
import type { Scope } from "../domain/scope.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import { RegistryError } from "./errors.ts";
import { readRegistryToken, REGISTRY_USER, type RegistryClaims } from "../state/registry-token.ts";

/** What is said of a token whose time is over, by the clock or because its holder is no more. Source: ECR User Guide, "Private registry authentication". */
export const TOKEN_OVER = "Your authorization token has expired. Reauthenticate and try again.";

/** Who asks which registry: that of the host, where it names one, else that of the token. */
export interface RegistryVisit {
  readonly claims: RegistryClaims;
  readonly scope: Scope;
}

/** Who makes a request, by the token in its HTTP Basic password. Tokens are good for one region, and for the accounts that policies open. */
export function authenticate(request: IncomingMessage, secrets: SecretBox, now: number): RegistryVisit {
  const host = parseHostHeader(request.headers.host ?? "");
  const password = basicPassword(request.headers.authorization);
  const claims = password === undefined ? undefined : readRegistryToken(secrets, password);
  if (!claims) {
    const challenge = `Basic realm="https://${host?.authority ?? "localhost"}/",service="ecr.amazonaws.com"`;
    throw new RegistryError(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge });
  }
  if (now >= claims.expiresAt) throw new RegistryError(403, "DENIED", TOKEN_OVER);
  const named = scopeOfRegistryHost(host?.name ?? "");
  if (named && named.region !== claims.region)
    throw new RegistryError(403, "DENIED", `Your authorization token is for registries in ${claims.region}, not for ${named.region}.`);
  return { claims, scope: named ?? { account: claims.account, region: claims.region } };
}

function basicPassword(header: string | undefined): string | undefined {
  const encoded = /^Basic +(\S+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [user, ...rest] = Buffer.from(encoded, "base64").toString().split(":");
  return user === REGISTRY_USER ? rest.join(":") : undefined;
}
