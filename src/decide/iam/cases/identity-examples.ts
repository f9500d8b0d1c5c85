import { ACCOUNT, allow, deny, policy, session, type Situation } from "./case.ts";

const ec2 = (resource: string): string => `arn:aws:ec2:us-east-1:${ACCOUNT}:${resource}`;

// IAM User Guide, "Example IAM identity-based policies".
export const IDENTITY_EXAMPLES: readonly Situation[] = [
  {
    about: "access between two dates",
    identity: [
      policy(
        allow("service-prefix:action-name", "*", {
          Condition: {
            DateGreaterThan: { "aws:CurrentTime": "2020-04-01T00:00:00Z" },
            DateLessThan: { "aws:CurrentTime": "2020-06-30T23:59:59Z" },
          },
        }),
      ),
    ],
    cases: [
      { that: "between them", does: "service-prefix:action-name", with: { "aws:CurrentTime": "2020-05-01T12:00:00Z" }, so: "allowed" },
      {
        that: "before",
        does: "service-prefix:action-name",
        with: { "aws:CurrentTime": "2020-03-31T23:59:59Z" },
        so: "no identity-based policy",
      },
      {
        that: "after",
        does: "service-prefix:action-name",
        with: { "aws:CurrentTime": "2020-07-01T00:00:00Z" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "only some regions",
    identity: [
      policy(allow("*"), {
        Sid: "DenyAllOutsideRequestedRegions",
        Effect: "Deny",
        NotAction: ["cloudfront:*", "iam:*", "organizations:*", "route53:*", "support:*"],
        Resource: "*",
        Condition: { StringNotEquals: { "aws:RequestedRegion": ["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"] } },
      }),
    ],
    cases: [
      { that: "one of them", does: "ecs:RunTask", with: { "aws:RequestedRegion": "eu-west-3" }, so: "allowed" },
      { that: "another one", does: "ecs:RunTask", with: { "aws:RequestedRegion": "us-east-1" }, so: "deny: identity-based policy" },
      { that: "global services everywhere", does: "route53:ListHostedZones", with: { "aws:RequestedRegion": "us-east-1" }, so: "allowed" },
    ],
  },
  {
    about: "only from some addresses, except by way of a service",
    identity: [
      policy(
        allow("*"),
        deny("*", "*", {
          Condition: { NotIpAddress: { "aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"] }, Bool: { "aws:ViaAWSService": "false" } },
        }),
      ),
    ],
    cases: [
      {
        that: "from one of them",
        does: "ecs:RunTask",
        with: { "aws:SourceIp": "203.0.113.30", "aws:ViaAWSService": "false" },
        so: "allowed",
      },
      {
        that: "from elsewhere",
        does: "ecs:RunTask",
        with: { "aws:SourceIp": "198.51.100.3", "aws:ViaAWSService": "false" },
        so: "deny: identity-based policy",
      },
      {
        that: "from elsewhere by way of a service",
        does: "ecs:RunTask",
        with: { "aws:SourceIp": "198.51.100.3", "aws:ViaAWSService": "true" },
        so: "allowed",
      },
    ],
  },
  {
    about: "several conditions, keys and values",
    identity: [
      policy(
        allow("ecs:*", "*", {
          Condition: {
            StringEquals: { "aws:PrincipalTag/department": ["finance", "hr", "legal"], "aws:PrincipalTag/role": ["audit", "security"] },
            ArnLike: { "aws:PrincipalArn": ["arn:aws:iam::222222222222:user/Ana", "arn:aws:iam::222222222222:user/Mary"] },
          },
        }),
      ),
    ],
    cases: [
      {
        that: "all hold",
        does: "ecs:RunTask",
        with: {
          "aws:PrincipalTag/department": "hr",
          "aws:PrincipalTag/role": "audit",
          "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary",
        },
        so: "allowed",
      },
      {
        that: "one key does not",
        does: "ecs:RunTask",
        with: {
          "aws:PrincipalTag/department": "it",
          "aws:PrincipalTag/role": "audit",
          "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary",
        },
        so: "no identity-based policy",
      },
      {
        that: "one operator does not",
        does: "ecs:RunTask",
        with: {
          "aws:PrincipalTag/department": "hr",
          "aws:PrincipalTag/role": "audit",
          "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Nikki",
        },
        so: "no identity-based policy",
      },
      {
        that: "one key is absent",
        does: "ecs:RunTask",
        with: { "aws:PrincipalTag/department": "hr", "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "EC2: attach volumes to one instance",
    identity: [
      policy(
        allow(["ec2:AttachVolume", "ec2:DetachVolume"], ["arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:*:*:instance/*"], {
          Condition: { ArnEquals: { "ec2:SourceInstanceARN": "arn:aws:ec2:*:*:instance/instance-id" } },
        }),
      ),
    ],
    cases: [
      {
        that: "from it",
        as: session("ec2"),
        does: "ec2:AttachVolume",
        on: ec2("volume/vol-1"),
        with: { "ec2:SourceInstanceARN": ec2("instance/instance-id") },
        so: "allowed",
      },
      {
        that: "from another",
        as: session("ec2"),
        does: "ec2:AttachVolume",
        on: ec2("volume/vol-1"),
        with: { "ec2:SourceInstanceARN": ec2("instance/other") },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "EC2: start and stop instances by tags of both sides",
    identity: [
      policy(
        allow(["ec2:StartInstances", "ec2:StopInstances"], ec2("instance/*"), {
          Condition: { StringEquals: { "aws:ResourceTag/Project": "DataAnalytics", "aws:PrincipalTag/Department": "Data" } },
        }),
      ),
    ],
    cases: [
      {
        that: "both fit",
        does: "ec2:StopInstances",
        on: ec2("instance/i-1"),
        with: { "aws:ResourceTag/Project": "DataAnalytics", "aws:PrincipalTag/Department": "Data" },
        so: "allowed",
      },
      {
        that: "the resource's does not",
        does: "ec2:StopInstances",
        on: ec2("instance/i-1"),
        with: { "aws:ResourceTag/Project": "Web", "aws:PrincipalTag/Department": "Data" },
        so: "no identity-based policy",
      },
      {
        that: "terminating is not in it",
        does: "ec2:TerminateInstances",
        on: ec2("instance/i-1"),
        with: { "aws:ResourceTag/Project": "DataAnalytics", "aws:PrincipalTag/Department": "Data" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "EC2: launch only small instances, with IfExists for the other resources of a launch",
    identity: [
      policy(allow("ec2:RunInstances", "*", { Condition: { StringLikeIfExists: { "ec2:InstanceType": ["t1.*", "t2.*", "m3.*"] } } })),
    ],
    cases: [
      { that: "a small one", does: "ec2:RunInstances", on: ec2("instance/*"), with: { "ec2:InstanceType": "t2.micro" }, so: "allowed" },
      {
        that: "a big one",
        does: "ec2:RunInstances",
        on: ec2("instance/*"),
        with: { "ec2:InstanceType": "x1e.32xlarge" },
        so: "no identity-based policy",
      },
      { that: "the subnet of it", does: "ec2:RunInstances", on: ec2("subnet/subnet-1"), so: "allowed" },
    ],
  },
  {
    about: "IAM: users manage their own credentials with multi-factor authentication",
    identity: [
      policy(
        allow(["iam:GetAccountPasswordPolicy", "iam:GetAccountSummary", "iam:ListVirtualMFADevices"]),
        allow(["iam:ChangePassword", "iam:GetUser", "iam:CreateAccessKey", "iam:ListAccessKeys"], "arn:aws:iam::*:user/${aws:username}"),
        allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
        {
          Sid: "DenyAllExceptListedIfNoMFA",
          Effect: "Deny",
          NotAction: [
            "iam:CreateVirtualMFADevice",
            "iam:EnableMFADevice",
            "iam:GetUser",
            "iam:ListMFADevices",
            "iam:ListVirtualMFADevices",
            "sts:GetSessionToken",
          ],
          Resource: "*",
          Condition: { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } },
        },
      ),
    ],
    cases: [
      {
        that: "an access key with it",
        does: "iam:CreateAccessKey",
        on: `arn:aws:iam::${ACCOUNT}:user/Bob`,
        with: { "aws:username": "Bob", "aws:MultiFactorAuthPresent": "true" },
        so: "allowed",
      },
      {
        that: "an access key without it",
        does: "iam:CreateAccessKey",
        on: `arn:aws:iam::${ACCOUNT}:user/Bob`,
        with: { "aws:username": "Bob" },
        so: "deny: identity-based policy",
      },
      {
        that: "another's access key",
        does: "iam:CreateAccessKey",
        on: `arn:aws:iam::${ACCOUNT}:user/Eve`,
        with: { "aws:username": "Bob", "aws:MultiFactorAuthPresent": "true" },
        so: "no identity-based policy",
      },
      {
        that: "a device is made without it",
        does: "iam:CreateVirtualMFADevice",
        on: `arn:aws:iam::${ACCOUNT}:mfa/Bob`,
        with: { "aws:username": "Bob" },
        so: "allowed",
      },
      {
        that: "the own user is seen without it",
        does: "iam:GetUser",
        on: `arn:aws:iam::${ACCOUNT}:user/Bob`,
        with: { "aws:username": "Bob" },
        so: "allowed",
      },
    ],
  },
  {
    about: "IAM: tag with fixed keys and values",
    identity: [
      policy(
        allow(["iam:TagUser", "iam:TagRole"], "*", {
          Condition: {
            StringEquals: { "aws:RequestTag/CostCenter": ["A-123", "B-456"] },
            "ForAllValues:StringEquals": { "aws:TagKeys": "CostCenter" },
          },
        }),
      ),
    ],
    cases: [
      {
        that: "a known cost center",
        does: "iam:TagUser",
        with: { "aws:RequestTag/CostCenter": "B-456", "aws:TagKeys": ["CostCenter"] },
        so: "allowed",
      },
      {
        that: "an unknown one",
        does: "iam:TagUser",
        with: { "aws:RequestTag/CostCenter": "C-1", "aws:TagKeys": ["CostCenter"] },
        so: "no identity-based policy",
      },
      {
        that: "a second tag",
        does: "iam:TagRole",
        with: { "aws:RequestTag/CostCenter": "A-123", "aws:TagKeys": ["CostCenter", "x"] },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "IAM: delegated administration within a boundary",
    identity: [
      policy(
        allow(["iam:CreateUser", "iam:AttachUserPolicy"], "*", {
          Condition: { StringEquals: { "iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/XCompanyBoundaries" } },
        }),
        allow(["iam:GetUser", "iam:ListUsers", "iam:*Group*"]),
        deny(["iam:CreatePolicyVersion", "iam:DeletePolicy"], "arn:aws:iam::123456789012:policy/XCompanyBoundaries"),
        allow(["iam:CreatePolicyVersion", "iam:DeletePolicy"]),
        deny("iam:DeleteUserPermissionsBoundary"),
      ),
    ],
    cases: [
      {
        that: "a user with the boundary",
        does: "iam:CreateUser",
        with: { "iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/XCompanyBoundaries" },
        so: "allowed",
      },
      { that: "a user without", does: "iam:CreateUser", so: "no identity-based policy" },
      { that: "groups", does: "iam:AddUserToGroup", so: "allowed" },
      {
        that: "the boundary is not edited",
        does: "iam:CreatePolicyVersion",
        on: "arn:aws:iam::123456789012:policy/XCompanyBoundaries",
        so: "deny: identity-based policy",
      },
      { that: "other policies are", does: "iam:CreatePolicyVersion", on: "arn:aws:iam::123456789012:policy/Other", so: "allowed" },
      { that: "the boundary is not taken off", does: "iam:DeleteUserPermissionsBoundary", so: "deny: identity-based policy" },
    ],
  },
  {
    about: "assume only roles that carry the own tag",
    identity: [
      policy(
        allow("sts:AssumeRole", "arn:aws:iam::*:role/*", {
          Condition: { StringEquals: { "iam:ResourceTag/access-project": "${aws:PrincipalTag/access-project}" } },
        }),
      ),
    ],
    cases: [
      {
        that: "it is the same",
        does: "sts:AssumeRole",
        on: "arn:aws:iam::123456789012:role/peg",
        with: { "iam:ResourceTag/access-project": "peg", "aws:PrincipalTag/access-project": "peg" },
        so: "allowed",
      },
      {
        that: "it is another",
        does: "sts:AssumeRole",
        on: "arn:aws:iam::123456789012:role/uni",
        with: { "iam:ResourceTag/access-project": "uni", "aws:PrincipalTag/access-project": "peg" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "no statement at all says yes",
    identity: [policy(deny("s3:DeleteObject"))],
    cases: [
      { that: "a deny that does not fit allows nothing", does: "s3:GetObject", so: "no identity-based policy" },
      { that: "one that fits denies", does: "s3:DeleteObject", so: "deny: identity-based policy" },
    ],
  },
  {
    about: "temporary credentials are kept out with Null",
    identity: [policy(allow("ec2:*", "*", { Condition: { Null: { "aws:TokenIssueTime": "true" } } }))],
    cases: [
      { that: "a user's own key", does: "ec2:DescribeInstances", so: "allowed" },
      {
        that: "a session",
        as: session("app"),
        does: "ec2:DescribeInstances",
        with: { "aws:TokenIssueTime": "2020-01-01T00:00:00Z" },
        so: "no identity-based policy",
      },
    ],
  },
];
