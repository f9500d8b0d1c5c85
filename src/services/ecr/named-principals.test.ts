import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("ecr", {
  "kept, and forgets who is deleted: forgotten-principal.test.ts": [
    "CreateRepositoryCreationTemplate.repositoryPolicy",
    "PutRegistryPolicy.policyText",
    "RegisterPullTimeUpdateExclusion.principalArn",
    "SetRepositoryPolicy.policyText",
    "UpdateRepositoryCreationTemplate.repositoryPolicy",
  ],
  "a role's ARN, kept, looked up at each use and asked for its trust, as on AWS": [
    "CreatePullThroughCacheRule.customRoleArn",
    "CreateRepositoryCreationTemplate.customRoleArn",
    "UpdatePullThroughCacheRule.customRoleArn",
    "UpdateRepositoryCreationTemplate.customRoleArn",
  ],
  "not kept": ["DeregisterPullTimeUpdateExclusion.principalArn"],
});
