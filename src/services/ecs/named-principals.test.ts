import { accountsForPrincipals } from "../../testing/named-principals.ts";

accountsForPrincipals("ecs", {
  "kept, and forgets who is deleted: forgotten-principal.test.ts": ["PutAccountSetting.principalArn"],
  "a role's ARN, kept, looked up at each use and asked for its trust, as on AWS": [
    "CreateService.role",
    "RegisterTaskDefinition.executionRoleArn",
    "RegisterTaskDefinition.taskRoleArn",
    "RunTask.executionRoleArn",
    "RunTask.taskRoleArn",
  ],
  "not carried out, so that no role is taken on": ["CreateService.roleArn", "RunTask.roleArn", "UpdateService.roleArn"],
  "not kept": ["DeleteAccountSetting.principalArn", "ListAccountSettings.principalArn"],
});
