import type { AwsManagedPolicy } from "./aws-managed-policy.ts";

/** Policies for AWS Secrets Manager and AWS KMS. */
export const SECRETS: readonly AwsManagedPolicy[] = [
  {
    name: "SecretsManagerReadWrite",
    path: "/",
    versionId: "v5",
    createdAt: "2018-04-04T18:05:29Z",
    updatedAt: "2024-02-22T18:12:06Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "BasePermissions",
          Effect: "Allow",
          Action: [
            "secretsmanager:*",
            "cloudformation:CreateChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeStackResource",
            "cloudformation:DescribeStacks",
            "cloudformation:ExecuteChangeSet",
            "docdb-elastic:GetCluster",
            "docdb-elastic:ListClusters",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "kms:DescribeKey",
            "kms:ListAliases",
            "kms:ListKeys",
            "lambda:ListFunctions",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstances",
            "redshift:DescribeClusters",
            "redshift-serverless:ListWorkgroups",
            "redshift-serverless:GetNamespace",
            "tag:GetResources",
          ],
          Resource: "*",
        },
        {
          Sid: "LambdaPermissions",
          Effect: "Allow",
          Action: [
            "lambda:AddPermission",
            "lambda:CreateFunction",
            "lambda:GetFunction",
            "lambda:InvokeFunction",
            "lambda:UpdateFunctionConfiguration",
          ],
          Resource: "arn:aws:lambda:*:*:function:SecretsManager*",
        },
        {
          Sid: "SARPermissions",
          Effect: "Allow",
          Action: ["serverlessrepo:CreateCloudFormationChangeSet", "serverlessrepo:GetApplication"],
          Resource: "arn:aws:serverlessrepo:*:*:applications/SecretsManager*",
        },
        {
          Sid: "S3Permissions",
          Effect: "Allow",
          Action: ["s3:GetObject"],
          Resource: ["arn:aws:s3:::awsserverlessrepo-changesets*", "arn:aws:s3:::secrets-manager-rotation-apps-*/*"],
        },
      ],
    },
  },
  {
    name: "AWSSecretsManagerClientReadOnlyAccess",
    path: "/",
    versionId: "v3",
    createdAt: "2025-11-05T20:04:08Z",
    updatedAt: "2026-02-12T18:00:42Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "SecretsManagerGetAndDescribeSecret",
          Effect: "Allow",
          Action: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
          Resource: "arn:aws:secretsmanager:*:*:secret:*",
        },
        {
          Sid: "KMSDecryptKey",
          Effect: "Allow",
          Action: ["kms:Decrypt"],
          Resource: "arn:aws:kms:*:*:key/*",
          Condition: {
            StringLike: {
              "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:*:*:secret:*",
              "kms:ViaService": "secretsmanager.*.amazonaws.com",
            },
          },
        },
      ],
    },
  },
  {
    name: "AWSKeyManagementServicePowerUser",
    path: "/",
    versionId: "v2",
    createdAt: "2015-02-06T18:40:40Z",
    updatedAt: "2017-03-07T00:55:11Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "kms:CreateAlias",
            "kms:CreateKey",
            "kms:DeleteAlias",
            "kms:Describe*",
            "kms:GenerateRandom",
            "kms:Get*",
            "kms:List*",
            "kms:TagResource",
            "kms:UntagResource",
            "iam:ListGroups",
            "iam:ListRoles",
            "iam:ListUsers",
          ],
          Resource: "*",
        },
      ],
    },
  },
];
