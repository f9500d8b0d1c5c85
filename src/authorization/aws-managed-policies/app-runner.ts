import type { AwsManagedPolicy } from "./aws-managed-policy.ts";

/** Policies for AWS App Runner. */
export const APP_RUNNER: readonly AwsManagedPolicy[] = [
  {
    name: "AWSAppRunnerServicePolicyForECRAccess",
    path: "/service-role/",
    versionId: "v1",
    createdAt: "2021-05-14T19:17:21Z",
    updatedAt: "2021-05-14T19:17:21Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "ecr:DescribeImages",
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
          ],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AWSAppRunnerFullAccess",
    path: "/",
    versionId: "v1",
    createdAt: "2022-01-11T04:02:09Z",
    updatedAt: "2022-01-11T04:02:09Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "iam:CreateServiceLinkedRole",
          Resource: "arn:aws:iam::*:role/aws-service-role/apprunner.amazonaws.com/AWSServiceRoleForAppRunner",
          Condition: {
            StringLike: {
              "iam:AWSServiceName": "apprunner.amazonaws.com",
            },
          },
        },
        {
          Effect: "Allow",
          Action: "iam:PassRole",
          Resource: "*",
          Condition: {
            StringLike: {
              "iam:PassedToService": "apprunner.amazonaws.com",
            },
          },
        },
        {
          Sid: "AppRunnerAdminAccess",
          Effect: "Allow",
          Action: "apprunner:*",
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AWSAppRunnerReadOnlyAccess",
    path: "/",
    versionId: "v1",
    createdAt: "2022-02-24T21:24:15Z",
    updatedAt: "2022-02-24T21:24:15Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["apprunner:List*", "apprunner:Describe*"],
          Resource: "*",
        },
      ],
    },
  },
  {
    name: "AppRunnerServiceRolePolicy",
    path: "/aws-service-role/",
    versionId: "v1",
    createdAt: "2021-05-14T19:15:04Z",
    updatedAt: "2021-05-14T19:15:04Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
          Resource: "arn:aws:logs:*:*:log-group:/aws/apprunner/*",
        },
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
          Resource: ["arn:aws:logs:*:*:log-group:/aws/apprunner/*:log-stream:*"],
        },
        {
          Effect: "Allow",
          Action: [
            "events:PutRule",
            "events:PutTargets",
            "events:DeleteRule",
            "events:RemoveTargets",
            "events:DescribeRule",
            "events:EnableRule",
            "events:DisableRule",
          ],
          Resource: "arn:aws:events:*:*:rule/AWSAppRunnerManagedRule*",
        },
      ],
    },
  },
  {
    name: "AppRunnerNetworkingServiceRolePolicy",
    path: "/aws-service-role/",
    versionId: "v1",
    createdAt: "2022-01-12T21:02:40Z",
    updatedAt: "2022-01-12T21:02:40Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: [
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeVpcs",
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeSubnets",
            "ec2:DescribeSecurityGroups",
          ],
          Resource: "*",
        },
        {
          Effect: "Allow",
          Action: "ec2:CreateNetworkInterface",
          Resource: "*",
          Condition: {
            "ForAllValues:StringEquals": {
              "aws:TagKeys": ["AWSAppRunnerManaged"],
            },
          },
        },
        {
          Effect: "Allow",
          Action: "ec2:CreateTags",
          Resource: "arn:aws:ec2:*:*:network-interface/*",
          Condition: {
            StringEquals: {
              "ec2:CreateAction": "CreateNetworkInterface",
            },
            StringLike: {
              "aws:RequestTag/AWSAppRunnerManaged": "*",
            },
          },
        },
        {
          Effect: "Allow",
          Action: "ec2:DeleteNetworkInterface",
          Resource: "*",
          Condition: {
            Null: {
              "ec2:ResourceTag/AWSAppRunnerManaged": "false",
            },
          },
        },
      ],
    },
  },
];
