import { mintRegistryToken, REGISTRY_TOKEN_LIFETIME_MS, REGISTRY_USER } from "../../state/registry-token.ts";
import { checkRegistry, mustHaveLength, operation } from "./ecr-operation.ts";

/** The password of a `docker login`, good for every repository of the caller's account in this region. */
export const getAuthorizationToken = operation("GetAuthorizationToken", {
  authorize: () => ({ action: "ecr:GetAuthorizationToken", resource: "*" }),
  run({ registryIds }, context) {
    mustHaveLength("registryIds", registryIds, 1, 10);
    for (const registryId of registryIds ?? []) checkRegistry(registryId, "GetAuthorizationToken", context);
    const { account, region, principal, now, secrets, registryHost } = context;
    const expiresAt = now + REGISTRY_TOKEN_LIFETIME_MS;
    const token = mintRegistryToken(secrets, { account, region, principalArn: principal.arn, issuedAt: now, expiresAt });
    const authorizationToken = Buffer.from(`${REGISTRY_USER}:${token}`).toString("base64");
    return { authorizationData: [{ authorizationToken, expiresAt: new Date(expiresAt), proxyEndpoint: `http://${registryHost}` }] };
  },
});

export const describeRegistry = operation("DescribeRegistry", {
  authorize: () => ({ action: "ecr:DescribeRegistry", resource: "*" }),
  run: (_input, { account }) => ({ registryId: account, replicationConfiguration: { rules: [] } }),
});
