import { logins } from "../control/logins/logins.ts";
import type { ClaimsKey } from "../control/logins/user-claims.ts";
import { openLoginDoor } from "../drivers/haproxy/login-door.ts";
import { loginProviders } from "../drivers/oidc/login-providers.ts";
import type { Platform } from "../services/platform.ts";
import type { Start } from "./options.ts";
import { proxyPlaces } from "./proxy.ts";

interface LoginParts {
  readonly installation: string;
  readonly claimsKey: ClaimsKey;
}

/** Where the proxy has users log in whom a load balancer asks to. */
export async function openLogins(
  { options, logger, opened }: Start,
  platform: Platform,
  { installation, claimsKey }: LoginParts,
): Promise<void> {
  const login = opened.use(logins({ ...platform, logger, providers: loginProviders(), claimsKey }));
  opened.use(await openLoginDoor(proxyPlaces(options.dataDirectory, installation).directory, login.answer));
}
