import { mintRegistryToken, REGISTRY_USER, registryTokenEnd } from "../../state/registry-token.ts";
import { mustHaveLength, mustMatch, operation, registryUrl } from "./ecr-operation.ts";

/**
 * The password of a `docker login`, good in this region for the repositories of the caller's account, or of the accounts that `registryIds` names:
 * policies decide at every request what it opens.
 */
export const getAuthorizationToken = operation("GetAuthorizationToken", {
  authorize: () => ({ action: "ecr:GetAuthorizationToken", resource: "*" }),
  run({ registryIds }, context) {
    mustHaveLength("registryIds", registryIds, 1, 10);
    for (const registryId of registryIds ?? []) mustMatch("registryIds", registryId, /^[0-9]{12}$/, "[0-9]{12}");
    const { region, principal, now, secrets } = context;
    const expiresAt = registryTokenEnd(principal, now);
    const authorizationData = (registryIds ?? [context.account]).map((account) => {
      const token = mintRegistryToken(secrets, { account, region, holder: { kind: "principal", principal }, issuedAt: now, expiresAt });
      const authorizationToken = Buffer.from(`${REGISTRY_USER}:${token}`).toString("base64");
      return { authorizationToken, expiresAt: new Date(expiresAt), proxyEndpoint: registryUrl(context, { account, region }) };
    });
    return { authorizationData };
  },
});
