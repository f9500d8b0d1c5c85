import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("iam", {
  "kept, and forgets who is deleted: forgotten-principal.test.ts": [
    "CreateRole.AssumeRolePolicyDocument",
    "UpdateAssumeRolePolicy.PolicyDocument",
  ],
  "a policy that names nobody": [
    "CreatePolicy.PolicyDocument",
    "CreatePolicyVersion.PolicyDocument",
    "PutGroupPolicy.PolicyDocument",
    "PutRolePolicy.PolicyDocument",
    "PutUserPolicy.PolicyDocument",
  ],
  "not kept": ["SimulateCustomPolicy.ResourcePolicy", "SimulatePrincipalPolicy.ResourcePolicy"],
});
