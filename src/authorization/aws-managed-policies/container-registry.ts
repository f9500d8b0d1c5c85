import type { AwsManagedPolicy } from "./aws-managed-policy.ts";

/** Policies for Amazon ECR. */
export const CONTAINER_REGISTRY: readonly AwsManagedPolicy[] = [
  {
    name: "AmazonEC2ContainerRegistryFullAccess",
    path: "/",
    versionId: "v3",
    createdAt: "2015-12-21T17:06:48Z",
    updatedAt: "2020-12-05T00:04:19Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["ecr:*", "cloudtrail:LookupEvents"],
          Resource: "*",
        },
        {
          Effect: "Allow",
          Action: ["iam:CreateServiceLinkedRole"],
          Resource: "*",
          Condition: {
            StringEquals: {
              "iam:AWSServiceName": ["replication.ecr.amazonaws.com"],
            },
          },
        },
      ],
    },
  },
  {
    name: "AmazonEC2ContainerRegistryPowerUser",
    path: "/",
    versionId: "v3",
    createdAt: "2015-12-21T17:05:33Z",
    updatedAt: "2019-12-10T20:48:08Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetRepositoryPolicy",
            "ecr:DescribeRepositories",
            "ecr:ListImages",
            "ecr:DescribeImages",
            "ecr:BatchGetImage",
            "ecr:GetLifecyclePolicy",
            "ecr:GetLifecyclePolicyPreview",
            "ecr:ListTagsForResource",
            "ecr:DescribeImageScanFindings",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload",
            "ecr:PutImage",
          ],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AmazonEC2ContainerRegistryReadOnly",
    path: "/",
    versionId: "v3",
    createdAt: "2015-12-21T17:04:15Z",
    updatedAt: "2019-12-10T20:56:32Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetRepositoryPolicy",
            "ecr:DescribeRepositories",
            "ecr:ListImages",
            "ecr:DescribeImages",
            "ecr:BatchGetImage",
            "ecr:GetLifecyclePolicy",
            "ecr:GetLifecyclePolicyPreview",
            "ecr:ListTagsForResource",
            "ecr:DescribeImageScanFindings",
          ],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AmazonEC2ContainerRegistryPullOnly",
    path: "/",
    versionId: "v1",
    createdAt: "2024-10-04T16:58:49Z",
    updatedAt: "2024-10-04T16:58:49Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchImportUpstreamImage"],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "ECRReplicationServiceRolePolicy",
    path: "/aws-service-role/",
    versionId: "v1",
    createdAt: "2020-12-04T22:11:28Z",
    updatedAt: "2020-12-04T22:11:28Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["ecr:CreateRepository", "ecr:ReplicateImage"],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "ECRTemplateServiceRolePolicy",
    path: "/aws-service-role/",
    versionId: "v1",
    createdAt: "2024-06-19T23:11:37Z",
    updatedAt: "2024-06-19T23:11:37Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "CreateRepositoryWithTemplate",
          Effect: "Allow",
          Action: ["ecr:CreateRepository"],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AWSECRPullThroughCache_ServiceRolePolicy",
    path: "/aws-service-role/",
    versionId: "v3",
    createdAt: "2021-11-26T21:51:09Z",
    updatedAt: "2025-03-06T21:22:07Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "ECR",
          Effect: "Allow",
          Action: [
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:InitiateLayerUpload",
            "ecr:UploadLayerPart",
            "ecr:CompleteLayerUpload",
            "ecr:PutImage",
            "ecr:BatchGetImage",
            "ecr:BatchImportUpstreamImage",
            "ecr:GetDownloadUrlForLayer",
            "ecr:GetImageCopyStatus",
          ],
          Resource: "*",
        },
        {
          Sid: "SecretsManager",
          Effect: "Allow",
          Action: ["secretsmanager:GetSecretValue"],
          Resource: "arn:aws:secretsmanager:*:*:secret:ecr-pullthroughcache/*",
          Condition: {
            StringEquals: {
              "aws:ResourceAccount": "${aws:PrincipalAccount}",
            },
          },
        },
      ],
    },
  },
];
