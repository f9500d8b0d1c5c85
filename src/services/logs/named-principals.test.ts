import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("logs", {
  "a policy that names nobody": ["PutResourcePolicy.policyDocument"],
});
