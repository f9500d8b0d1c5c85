import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("ssm", {
  "kept, and forgets who is deleted: forgotten-principal.test.ts": ["PutResourcePolicy.Policy"],
});
