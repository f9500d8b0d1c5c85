import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("sts", {
  "kept in a session, with the unique id: names-given-again.test.ts": [
    "AssumeRole.Policy",
    "AssumeRole.RoleArn",
    "AssumeRoleWithWebIdentity.Policy",
    "AssumeRoleWithWebIdentity.RoleArn",
    "GetFederationToken.Policy",
  ],
});
