import { instanceProfiles, oidcProviders, policies, roleKey, roles, users } from "../../state/iam.ts";
import { serverCertificates } from "../../state/server-certificates.ts";
import { tagFacts, type FactsOf, type ResourceFacts } from "./resource-facts.ts";

/** A role's policy is its trust policy: it says who may assume the role, and nothing about who may change or pass it. */
const ASKS_THE_ROLE = [
  "sts:AssumeRole",
  "sts:AssumeRoleWithWebIdentity",
  "sts:AssumeRoleWithSAML",
  "sts:TagSession",
  "sts:SetSourceIdentity",
];

const TRUSTS_NOBODY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "nobody.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

export const iamFacts: FactsOf = (state, { account, resource }, text, _now, action) => {
  const [kind = ""] = resource.split("/");
  const name = resource.slice(resource.lastIndexOf("/") + 1);
  switch (kind) {
    case "role": {
      const role = state.table(roles).get(roleKey(account, name));
      if (ASKS_THE_ROLE.includes(action)) {
        // Who asks cannot tell a role that is not there, or not at this path, from one that does not trust them.
        if (role?.arn !== text) return { policy: TRUSTS_NOBODY, trust: true, policyDecides: true };
        return { tags: tagFacts(role.tags), policy: role.assumeRolePolicy, trust: true, policyDecides: true };
      }
      return role?.arn === text ? { tags: tagFacts(role.tags), ...boundaryFacts(role) } : undefined;
    }
    case "user": {
      const user = state.table(users).get(roleKey(account, name));
      return user?.arn === text ? { tags: tagFacts(user.tags), ...boundaryFacts(user) } : undefined;
    }
    case "instance-profile": {
      const profile = state.table(instanceProfiles).get(roleKey(account, name));
      return profile?.arn === text ? { tags: tagFacts(profile.tags) } : undefined;
    }
    case "server-certificate": {
      const certificate = state.table(serverCertificates).get(roleKey(account, name));
      return certificate?.arn === text ? { tags: tagFacts(certificate.tags) } : undefined;
    }
    case "policy": {
      const policy = state.table(policies).get(text);
      return policy && { tags: tagFacts(policy.tags) };
    }
    case "oidc-provider": {
      const provider = state.table(oidcProviders).get(text);
      return provider && { tags: tagFacts(provider.tags) };
    }
    default:
      return undefined;
  }
};

/** `iam:PermissionsBoundary` of who has one; a request that sets another says so itself. */
function boundaryFacts({ permissionsBoundary }: { readonly permissionsBoundary?: string }): Pick<ResourceFacts, "context"> {
  return { context: { "iam:PermissionsBoundary": permissionsBoundary } };
}
