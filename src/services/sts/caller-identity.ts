import { operationsOf } from "../operation.ts";

const operation = operationsOf<typeof import("@aws-sdk/client-sts")>();

export const getCallerIdentity = operation("GetCallerIdentity", {
  // AWS lets everyone ask who they are, whatever their policies say.
  access: "ungoverned",
  authorize: () => ({ action: "sts:GetCallerIdentity", resource: "*" }),
  run: (_input, { principal }) => ({ UserId: principal.userId, Account: principal.account, Arn: principal.arn }),
});
