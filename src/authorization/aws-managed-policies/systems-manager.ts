import type { AwsManagedPolicy } from "./aws-managed-policy.ts";

/** Policies for AWS Systems Manager, of which Airfield has the Parameter Store. */
export const SYSTEMS_MANAGER: readonly AwsManagedPolicy[] = [
  {
    name: "AmazonSSMFullAccess",
    path: "/",
    versionId: "v4",
    createdAt: "2015-05-29T17:39:47Z",
    updatedAt: "2019-11-20T20:08:56Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "cloudwatch:PutMetricData",
            "ds:CreateComputer",
            "ds:DescribeDirectories",
            "ec2:DescribeInstanceStatus",
            "logs:*",
            "ssm:*",
            "ec2messages:*",
          ],
          Resource: "*",
        },
        {
          Effect: "Allow",
          Action: "iam:CreateServiceLinkedRole",
          Resource: "arn:aws:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*",
          Condition: {
            StringLike: {
              "iam:AWSServiceName": "ssm.amazonaws.com",
            },
          },
        },
        {
          Effect: "Allow",
          Action: ["iam:DeleteServiceLinkedRole", "iam:GetServiceLinkedRoleDeletionStatus"],
          Resource: "arn:aws:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*",
        },
        {
          Effect: "Allow",
          Action: [
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
          ],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AmazonSSMReadOnlyAccess",
    path: "/",
    versionId: "v1",
    createdAt: "2015-05-29T17:44:19Z",
    updatedAt: "2015-05-29T17:44:19Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["ssm:Describe*", "ssm:Get*", "ssm:List*"],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AmazonSSMManagedInstanceCore",
    path: "/",
    versionId: "v2",
    createdAt: "2019-03-15T17:22:12Z",
    updatedAt: "2019-05-23T16:54:21Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "ssm:DescribeAssociation",
            "ssm:GetDeployablePatchSnapshotForInstance",
            "ssm:GetDocument",
            "ssm:DescribeDocument",
            "ssm:GetManifest",
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:ListAssociations",
            "ssm:ListInstanceAssociations",
            "ssm:PutInventory",
            "ssm:PutComplianceItems",
            "ssm:PutConfigurePackageResult",
            "ssm:UpdateAssociationStatus",
            "ssm:UpdateInstanceAssociationStatus",
            "ssm:UpdateInstanceInformation",
          ],
          Resource: "*",
        },
        {
          Effect: "Allow",
          Action: [
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
          ],
          Resource: "*",
        },
        {
          Effect: "Allow",
          Action: [
            "ec2messages:AcknowledgeMessage",
            "ec2messages:DeleteMessage",
            "ec2messages:FailMessage",
            "ec2messages:GetEndpoint",
            "ec2messages:GetMessages",
            "ec2messages:SendReply",
          ],
          Resource: "*",
        },
      ],
    },
  },
];
