import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("kms", {
  "kept, and forgets who is deleted: forgotten-principal.test.ts": [
    "CreateGrant.GranteePrincipal",
    "CreateGrant.RetiringPrincipal",
    "CreateKey.Policy",
    "PutKeyPolicy.Policy",
    "ReplicateKey.Policy",
  ],
  "not carried out, so that no role is taken on": ["CreateGrant.GranteeServicePrincipal", "CreateGrant.RetiringServicePrincipal"],
  "not kept": [
    "ListGrants.GranteePrincipal",
    "ListGrants.GranteeServicePrincipal",
    "ListRetirableGrants.RetiringPrincipal",
    "ListRetirableGrants.RetiringServicePrincipal",
  ],
});
