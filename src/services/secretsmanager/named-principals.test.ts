import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("secretsmanager", {
  "kept, and forgets who is deleted: forgotten-principal.test.ts": ["PutResourcePolicy.ResourcePolicy"],
  "not carried out, so that no role is taken on": ["RotateSecret.ExternalSecretRotationRoleArn"],
  "not kept": ["ValidateResourcePolicy.ResourcePolicy"],
});
