import { allow, deny, policy, type Situation } from "./case.ts";

/** A `Resource`, the resource of a request, and whether it fits. */
type Row = readonly [pattern: string, resource: string, fits: boolean];

const HOME = "arn:aws:logs:us-east-1:123456789012:log-group:/home/red:log-stream:a";
const RED_IN_ALL_REGIONS = "arn:aws:logs:*:log-group:/ecs/red:*";

// IAM User Guide, "IAM JSON policy elements: Resource".
const ROWS: readonly Row[] = [
  ["*", "arn:aws:sqs:us-east-2:123456789012:queue1", true],
  ["*", "*", true],
  ["arn:aws:sqs:us-east-2:123456789012:queue1", "arn:aws:sqs:us-east-2:123456789012:queue1", true],
  ["arn:aws:sqs:us-east-2:123456789012:queue1", "arn:aws:sqs:us-east-2:123456789012:Queue1", false],
  ["arn:aws:sqs:us-east-2:123456789012:queue1", "arn:aws:sqs:us-east-1:123456789012:queue1", false],
  ["arn:aws:sqs:us-east-2:123456789012:queue1", "*", false],
  ["arn:aws:iam::123456789012:user/accounting/*", "arn:aws:iam::123456789012:user/accounting/bob", true],
  ["arn:aws:iam::123456789012:user/accounting/*", "arn:aws:iam::123456789012:user/accounting/eu/bob", true],
  ["arn:aws:iam::123456789012:user/accounting/*", "arn:aws:iam::123456789012:user/bob", false],
  ["arn:aws:iam::123456789012:user/accounting/*", "arn:aws:iam::123456789012:user/accounting/", true],
  ["arn:aws:s3:::my_corporate_bucket/*", "arn:aws:s3:::my_corporate_bucket/a/b/c.txt", true],
  ["arn:aws:s3:::my_corporate_bucket/*", "arn:aws:s3:::my_corporate_bucket", false],
  ["arn:aws:s3:::my_corporate_bucket*", "arn:aws:s3:::my_corporate_bucket", true],
  ["arn:aws:s3:::*/????.txt", "arn:aws:s3:::bucket/abcd.txt", true],
  ["arn:aws:s3:::*/????.txt", "arn:aws:s3:::bucket/abc.txt", false],
  ["arn:aws:ecs:*:123456789012:service/*/web", "arn:aws:ecs:eu-west-1:123456789012:service/prod/web", true],
  ["arn:aws:ecs:*:123456789012:service/*/web", "arn:aws:ecs:eu-west-1:123456789012:service/prod/web2", false],
  ["arn:aws:ecs:*:123456789012:service/*/web", "arn:aws:ecs:eu-west-1:210987654321:service/prod/web", false],
  ["arn:aws:ecs:us-*-1:*:cluster/*", "arn:aws:ecs:us-east-1:123456789012:cluster/a", true],
  ["arn:aws:ecs:us-*-1:*:cluster/*", "arn:aws:ecs:us-east-2:123456789012:cluster/a", false],
  // A star at the end of a segment goes past colons: in the guide's words, it "can expand to match beyond the colon boundaries" …
  ["arn:aws:someservice:*:111122223333:finance/*", "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/d", true],
  [RED_IN_ALL_REGIONS, "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/red:log-stream:ecs/app/1", true],
  [RED_IN_ALL_REGIONS, "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/red:*", true],
  [RED_IN_ALL_REGIONS, "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/blue:log-stream:ecs/app/1", false],
  [RED_IN_ALL_REGIONS, "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/redder:log-stream:ecs/app/1", false],
  [RED_IN_ALL_REGIONS, "arn:aws:ecs:us-east-1:123456789012:log-group:/ecs/red:x", false],
  [RED_IN_ALL_REGIONS, "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/ecs/red:x", false],
  ["arn:aws:logs:*:red:*", "arn:aws:logs:us-east-1:123456789012:log-group:red:log-stream:red:x", true],
  ["arn:aws:logs:us-*:log-group:red:*", "arn:aws:logs:us-east-1:123456789012:log-group:red:x", true],
  ["arn:aws:logs:us-*:log-group:red:*", "arn:aws:logs:eu-west-1:123456789012:log-group:red:x", false],
  ["arn:aws:logs:us-east-1:12*:red:x", "arn:aws:logs:us-east-1:123456789012:log-group:red:x", true],
  ["arn:aws:logs:us-east-1:12*:red:x", "arn:aws:logs:us-east-2:123456789012:log-group:red:x", false],
  ["arn:aws:logs:*:*:red:x", "arn:aws:logs:us-east-1:123456789012:log-group:red:x", true],
  ["arn:aws:ecs:*:cluster/red*", "arn:aws:ecs:us-east-1:123456789012:cluster/red-1", true],
  ["arn:aws:ecs:*:cluster/red*", "arn:aws:ecs:us-east-1:123456789012:service/red-1", false],
  // … also at the end of one that is cut short, as public modules write it.
  ["arn:aws:ecs:us-east-1:*", "arn:aws:ecs:us-east-1:123456789012:service/a/b", true],
  ["arn:aws:ecs:us-east-1:*", "arn:aws:ecs:us-east-2:123456789012:service/a/b", false],
  ["arn:aws:ssm:*", "arn:aws:ssm:us-east-1:123456789012:parameter/a", true],
  ["arn:aws:ssm:*", "arn:aws:secretsmanager:us-east-1:123456789012:secret:a", false],
  ["arn:aws:ecs:us-east-1:1234*", "arn:aws:ecs:us-east-1:123456789012:cluster/a", true],
  ["arn:aws:ecs:us-east-1:1234*", "arn:aws:ecs:us-east-1:210987654321:cluster/a", false],
  // One within a segment stays there, and so does a question mark …
  ["arn:aws:logs:us*1:log-group:red:*", "arn:aws:logs:us-east-1:123456789012:log-group:red:x", false],
  ["arn:aws:logs:us-east-1?123456789012:log-group:red:x", "arn:aws:logs:us-east-1:123456789012:log-group:red:x", false],
  ["arn:*:us-east-1:123456789012:log-group:red", "arn:aws:logs:us-east-1:123456789012:log-group:red", false],
  // … except within the resource, which has colons of its own.
  ["arn:aws:secretsmanager:*:*:secret:prod*", "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf", true],
  ["arn:aws:secretsmanager:*:*:secret:prod/??-??????", "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf", true],
  ["arn:aws:secretsmanager:*:*:secret:prod/db-??????", "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db2-AbCdEf", false],
  ["arn:aws:ecs:*:*:task-definition/web:*", "arn:aws:ecs:us-east-1:123456789012:task-definition/web:7", true],
  ["arn:aws:ecs:*:*:task-definition/web:*", "arn:aws:ecs:us-east-1:123456789012:task-definition/web2:7", false],
  ["arn:aws:logs:*:*:*", "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web:log-stream:a", true],
  // One that is cut short is filled up.
  ["arn:aws:ecs", "arn:aws:ecs:us-east-1:123456789012:cluster/a", true],
  ["arn:aws:ecs", "arn:aws:ecr:us-east-1:123456789012:repository/a", false],
  ["arn:aws-cn:ecs:*:*:*", "arn:aws:ecs:us-east-1:123456789012:cluster/a", false],
  ["arn:*:ecs:*:*:*", "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/a", true],
];

/** An action of a policy, the action of a request, and whether it fits. */
const ACTIONS: readonly Row[] = [
  ["*", "ecs:RunTask", true],
  ["*:*", "ecs:RunTask", true],
  ["ecs:*", "ecs:RunTask", true],
  ["ecs:RunTask", "ecs:RunTask", true],
  ["ECS:runtask", "ecs:RunTask", true],
  ["iam:*AccessKey*", "iam:CreateAccessKey", true],
  ["iam:*AccessKey*", "iam:ListAccessKeys", true],
  ["iam:*AccessKey*", "iam:CreateUser", false],
  ["ecs:Describe*", "ecs:DescribeTasks", true],
  ["ecs:Describe*", "ecs:ListTasks", false],
  ["ecs:Describe?asks", "ecs:DescribeTasks", true],
  ["ecs:DescribeTask", "ecs:DescribeTasks", false],
  ["ecs:*Task", "ecs:RunTask", true],
  ["ecr:*", "ecs:RunTask", false],
];

export const RESOURCE_PATTERNS: readonly Situation[] = [
  ...ROWS.map(([pattern, resource, fits]): Situation => ({
    about: `Resource ${pattern}`,
    identity: [{ Version: "2012-10-17", Statement: allow("*", pattern) }],
    cases: [
      {
        that: `${fits ? "takes" : "leaves"} ${resource}`,
        does: "test:Act",
        on: resource,
        so: fits ? "allowed" : "no identity-based policy",
      },
    ],
  })),
  ...ROWS.map(([pattern, resource, fits]): Situation => ({
    about: `NotResource ${pattern}`,
    identity: [policy({ Effect: "Allow", Action: "*", NotResource: pattern })],
    cases: [
      {
        that: `${fits ? "leaves" : "takes"} ${resource}`,
        does: "test:Act",
        on: resource,
        so: fits ? "no identity-based policy" : "allowed",
      },
    ],
  })),
  ...ACTIONS.map(([pattern, action, fits]): Situation => ({
    about: `Action ${pattern}`,
    identity: [policy(allow(pattern))],
    cases: [{ that: `${fits ? "takes" : "leaves"} ${action}`, does: action, so: fits ? "allowed" : "no identity-based policy" }],
  })),
  {
    about: "a deny on the streams of a log group, in whatever region",
    identity: [policy(allow("logs:*"), deny("logs:*", RED_IN_ALL_REGIONS))],
    cases: [
      {
        that: "events of the group are denied",
        does: "logs:PutLogEvents",
        on: "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/red:log-stream:ecs/app/1",
        so: "deny: identity-based policy",
      },
      {
        that: "those of others are not",
        does: "logs:PutLogEvents",
        on: "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/green:log-stream:ecs/app/1",
        so: "allowed",
      },
    ],
  },
  {
    about: "a variable behind a star that goes past colons",
    identity: [policy(allow("logs:*", "arn:aws:logs:*:log-group:/home/${aws:username}:*"))],
    cases: [
      { that: "the own group", does: "logs:Act", on: HOME, with: { "aws:username": "red" }, so: "allowed" },
      { that: "another's", does: "logs:Act", on: HOME, with: { "aws:username": "blue" }, so: "no identity-based policy" },
      { that: "a name is no pattern", does: "logs:Act", on: HOME, with: { "aws:username": "*" }, so: "no identity-based policy" },
      { that: "nobody's", does: "logs:Act", on: HOME, so: "no identity-based policy" },
    ],
  },
  {
    about: "NotResource with a variable that the request does not have, behind a star that goes past colons",
    identity: [policy({ Effect: "Allow", Action: "*", NotResource: "arn:aws:logs:*:log-group:/home/${aws:username}:*" })],
    cases: [
      { that: "nobody's: the statement does not apply", does: "logs:Act", on: HOME, so: "no identity-based policy" },
      { that: "another's", does: "logs:Act", on: HOME, with: { "aws:username": "blue" }, so: "allowed" },
    ],
  },
  {
    about: "NotAction with Allow: everything of S3 except deleting a bucket",
    identity: [policy({ Effect: "Allow", NotAction: "s3:DeleteBucket", Resource: "arn:aws:s3:::*" })],
    cases: [
      { that: "objects are read", does: "s3:GetObject", on: "arn:aws:s3:::bucket/key", so: "allowed" },
      { that: "a bucket is not deleted", does: "s3:DeleteBucket", on: "arn:aws:s3:::bucket", so: "no identity-based policy" },
      {
        that: "other services' resources stay closed",
        does: "ec2:RunInstances",
        on: "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "NotAction with Allow: all services except IAM",
    identity: [policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })],
    cases: [
      { that: "ECS is open", does: "ecs:RunTask", so: "allowed" },
      { that: "IAM is closed", does: "iam:CreateUser", so: "no identity-based policy" },
      { that: "IAM is closed whatever the case", does: "IAM:createuser", so: "no identity-based policy" },
    ],
  },
  {
    about: "NotAction with Deny: without multi-factor authentication only IAM",
    identity: [
      policy(allow("*"), {
        Sid: "DenyAllUsersNotUsingMFA",
        Effect: "Deny",
        NotAction: "iam:*",
        Resource: "*",
        Condition: { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } },
      }),
    ],
    cases: [
      { that: "ECS is denied without the key", does: "ecs:RunTask", so: "deny: identity-based policy" },
      {
        that: "ECS is denied without MFA",
        does: "ecs:RunTask",
        with: { "aws:MultiFactorAuthPresent": "false" },
        so: "deny: identity-based policy",
      },
      { that: "ECS is open with MFA", does: "ecs:RunTask", with: { "aws:MultiFactorAuthPresent": "true" }, so: "allowed" },
      { that: "IAM is open without MFA", does: "iam:ListUsers", so: "allowed" },
    ],
  },
  {
    about: "NotResource with Deny: nobody gets to a bucket other than the payroll",
    identity: [
      policy(allow("s3:*"), {
        Effect: "Deny",
        Action: "s3:*",
        NotResource: ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"],
      }),
    ],
    cases: [
      { that: "payroll is open", does: "s3:GetObject", on: "arn:aws:s3:::HRBucket/Payroll/may", so: "allowed" },
      { that: "the rest is denied", does: "s3:GetObject", on: "arn:aws:s3:::HRBucket/Hires", so: "deny: identity-based policy" },
    ],
  },
  {
    about: "an explicit deny beside an allow",
    identity: [policy(allow("s3:*")), policy(deny("s3:*", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]))],
    cases: [
      { that: "other buckets are open", does: "s3:GetObject", on: "arn:aws:s3:::data/a", so: "allowed" },
      { that: "logs are denied", does: "s3:GetObject", on: "arn:aws:s3:::logs/a", so: "deny: identity-based policy" },
      { that: "other services are not allowed", does: "ec2:RunInstances", so: "no identity-based policy" },
    ],
  },
];
