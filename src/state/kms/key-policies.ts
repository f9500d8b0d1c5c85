import { globalArn } from "../../domain/arn.ts";
import type { Scope } from "../../domain/scope.ts";

/**
 * The key policy of a key that is created through the API without one: it leaves everything to the account's IAM policies.
 * Source: KMS Developer Guide, "Default key policy".
 */
export function defaultKeyPolicy(account: string, region: string): string {
  return JSON.stringify(
    {
      Version: "2012-10-17",
      Id: "key-default-1",
      Statement: [
        {
          Sid: "Enable IAM User Permissions",
          Effect: "Allow",
          Principal: { AWS: rootOf({ account, region }) },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    },
    undefined,
    2,
  );
}

/**
 * The key policy of an AWS managed key: whoever may use the service may use the key through it, and nobody directly.
 * Source: KMS Developer Guide, "AWS managed keys"; the policies that `aws kms get-key-policy` shows for them.
 *
 * @param service such as `ssm`
 */
export function managedKeyPolicy(service: string, scope: Scope): string {
  const through = { "kms:CallerAccount": scope.account, "kms:ViaService": `${service}.${scope.region}.amazonaws.com` };
  return JSON.stringify({
    Version: "2012-10-17",
    Id: `auto-${service}-1`,
    Statement: [
      {
        Sid: `Allow access through ${service} for all principals in the account that are authorized to use ${service}`,
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
        Resource: "*",
        Condition: { StringEquals: through },
      },
      {
        Sid: "Allow direct access to key metadata to the account",
        Effect: "Allow",
        Principal: { AWS: rootOf(scope) },
        Action: ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        Resource: "*",
      },
    ],
  });
}

/** The account itself, as policies name it. */
export function rootOf(scope: Scope): string {
  return globalArn("iam", scope, "root");
}
