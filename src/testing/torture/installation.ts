import { rootPrincipal } from "../../authorization/credentials.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../../domain/scope.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { mintRegistryToken } from "../../state/registry-token.ts";

/** What the process under torture and its torturer know of each other. */

export const SCOPE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION } as const;
export const ROOT = {
  account: DEFAULT_ACCOUNT,
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
};
export const SECRETS = secretBox(Buffer.alloc(32, 7));
/** The first has the installation's keys, the second a KMS key. */
export const REPOSITORIES = ["common-keys", "own-key"] as const;

/** The `Authorization` header of root. */
export function authorization(now: number): string {
  const holder = { kind: "principal", principal: rootPrincipal(ROOT.account, ROOT.accessKeyId) } as const;
  const token = mintRegistryToken(SECRETS, { ...SCOPE, holder, issuedAt: now, expiresAt: now + 12 * 3_600_000 });
  return `Basic ${Buffer.from(`AWS:${token}`).toString("base64")}`;
}
