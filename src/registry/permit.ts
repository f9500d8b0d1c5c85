import type { IncomingMessage } from "node:http";
import { NO_ORIGIN, type RequestOrigin } from "../authorization/authorize.ts";
import { containerInstance } from "../authorization/container-instance.ts";
import { denialOf } from "../authorization/denial-of.ts";
import { arn } from "../domain/arn.ts";
import type { Scope } from "../domain/scope.ts";
import type { RegistryClaims } from "../state/registry-token.ts";
import type { RegistryPlatform } from "./call.ts";

/** What the holder of a token may do in a registry. */
export interface RegistryAccess {
  /** Whether the credentials that the token was made with are still good: a token is not better than they are. */
  readonly stands: boolean;
  /**
   * Why an action is refused, in the words of IAM; `undefined` where it is allowed. Without a repository, it is one that knows none, on which
   * the holder's own account decides: what is about all repositories of a registry asks for `ALL_REPOSITORIES`.
   */
  denial(action: string, repository: string | undefined): string | undefined;
}

/** In the place of a name: no repository is called so. */
export const ALL_REPOSITORIES = "*";

export type AccessPlatform = Pick<RegistryPlatform, "state" | "clock" | "credentials">;

/** @param from the request, for the condition keys that tell where it came from; absent where the platform asks for itself */
export function registryAccess(
  { state, clock, credentials }: AccessPlatform,
  { holder }: Pick<RegistryClaims, "holder">,
  scope: Scope,
  from: { readonly request?: IncomingMessage } = {},
): RegistryAccess {
  const now = clock.now();
  const origin = originOf(from.request, scope.region);
  const asked = (action: string, repository: string | undefined) => ({
    action,
    resource: repository === undefined ? "*" : arn("ecr", scope, `repository/${repository}`),
  });
  if (holder.kind === "container-instance") {
    const instance = containerInstance({ account: holder.account, region: scope.region });
    return { stands: true, denial: (action, repository) => denialOf({ state, now }, instance, asked(action, repository), origin) };
  }
  const { principal } = holder;
  return {
    stands: credentials.stand(principal, now),
    denial: (action, repository) => denialOf({ state, now }, principal, asked(action, repository), origin),
  };
}

function originOf(request: IncomingMessage | undefined, region: string): RequestOrigin {
  if (!request) return { ...NO_ORIGIN, region };
  return {
    sourceIp: request.socket.remoteAddress ?? "",
    userAgent: request.headers["user-agent"] ?? "",
    secureTransport: (request.socket as { encrypted?: boolean }).encrypted === true,
    region,
  };
}
