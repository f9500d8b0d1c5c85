import { allow, deny, policy, session, type Situation } from "./case.ts";

const HOME = "arn:aws:s3:::mybucket";

// IAM User Guide, "IAM policy elements: Variables and tags".
export const POLICY_VARIABLES: readonly Situation[] = [
  {
    about: "a home directory for each user",
    identity: [
      policy(
        allow("s3:ListBucket", HOME, { Condition: { StringLike: { "s3:prefix": ["", "home/", "home/${aws:username}/*"] } } }),
        allow(["s3:GetObject", "s3:PutObject"], `${HOME}/home/\${aws:username}/*`),
      ),
    ],
    cases: [
      { that: "Bob reads his own", does: "s3:GetObject", on: `${HOME}/home/Bob/a.txt`, with: { "aws:username": "Bob" }, so: "allowed" },
      {
        that: "Bob does not read Alice's",
        does: "s3:GetObject",
        on: `${HOME}/home/Alice/a.txt`,
        with: { "aws:username": "Bob" },
        so: "no identity-based policy",
      },
      {
        that: "Bob lists his own",
        does: "s3:ListBucket",
        on: HOME,
        with: { "aws:username": "Bob", "s3:prefix": "home/Bob/pictures" },
        so: "allowed",
      },
      { that: "Bob lists the top", does: "s3:ListBucket", on: HOME, with: { "aws:username": "Bob", "s3:prefix": "" }, so: "allowed" },
      {
        that: "Bob does not list Alice's",
        does: "s3:ListBucket",
        on: HOME,
        with: { "aws:username": "Bob", "s3:prefix": "home/Alice/" },
        so: "no identity-based policy",
      },
      {
        that: "a role's session, which has no user name, reads nothing",
        as: session("app"),
        does: "s3:GetObject",
        on: `${HOME}/home//a.txt`,
        so: "no identity-based policy",
      },
      {
        that: "it still lists the top",
        as: session("app"),
        does: "s3:ListBucket",
        on: HOME,
        with: { "s3:prefix": "home/" },
        so: "allowed",
      },
      {
        that: "a key that may have several values is no variable, also with one",
        does: "s3:GetObject",
        on: `${HOME}/home/Bob/a.txt`,
        with: { "aws:username": ["Bob"] },
        so: "no identity-based policy",
      },
      {
        that: "a user named * is no wildcard in a resource",
        does: "s3:GetObject",
        on: `${HOME}/home/Alice/a.txt`,
        with: { "aws:username": "*" },
        so: "no identity-based policy",
      },
      {
        that: "a user named * reads what is his",
        does: "s3:GetObject",
        on: `${HOME}/home/*/a.txt`,
        with: { "aws:username": "*" },
        so: "allowed",
      },
      {
        that: "a user named ? is no wildcard in a condition",
        does: "s3:ListBucket",
        on: HOME,
        with: { "aws:username": "?", "s3:prefix": "home/B/" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "users manage their own access keys",
    identity: [policy(allow("iam:*AccessKey*", "arn:aws:iam::123456789012:user/${aws:username}"))],
    cases: [
      {
        that: "David his own",
        does: "iam:CreateAccessKey",
        on: "arn:aws:iam::123456789012:user/David",
        with: { "aws:username": "David" },
        so: "allowed",
      },
      {
        that: "David not Bob's",
        does: "iam:CreateAccessKey",
        on: "arn:aws:iam::123456789012:user/Bob",
        with: { "aws:username": "David" },
        so: "no identity-based policy",
      },
      {
        that: "keys are named in any case",
        does: "iam:DeleteAccessKey",
        on: "arn:aws:iam::123456789012:user/David",
        with: { "AWS:UserName": "David" },
        so: "allowed",
      },
    ],
  },
  {
    about: "a queue for each user, with the variable in the middle",
    identity: [policy(allow("sqs:*", "arn:aws:sqs:us-east-2:*:${aws:username}-queue"))],
    cases: [
      {
        that: "Bob's",
        does: "sqs:SendMessage",
        on: "arn:aws:sqs:us-east-2:123456789012:Bob-queue",
        with: { "aws:username": "Bob" },
        so: "allowed",
      },
      {
        that: "not Alice's",
        does: "sqs:SendMessage",
        on: "arn:aws:sqs:us-east-2:123456789012:Alice-queue",
        with: { "aws:username": "Bob" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "a tag of the principal in a resource",
    identity: [policy(allow("s3:*", "arn:aws:s3:::bucket/${aws:PrincipalTag/department}"))],
    cases: [
      {
        that: "the own department's",
        does: "s3:GetObject",
        on: "arn:aws:s3:::bucket/finance",
        with: { "aws:PrincipalTag/department": "finance" },
        so: "allowed",
      },
      {
        that: "not another one's",
        does: "s3:GetObject",
        on: "arn:aws:s3:::bucket/legal",
        with: { "aws:PrincipalTag/department": "finance" },
        so: "no identity-based policy",
      },
      { that: "none without the tag", does: "s3:GetObject", on: "arn:aws:s3:::bucket/", so: "no identity-based policy" },
    ],
  },
  {
    about: "tags of principal and resource that have to be the same",
    identity: [
      policy(allow("secretsmanager:*", "*", { Condition: { StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } } })),
    ],
    cases: [
      {
        that: "they are",
        does: "secretsmanager:GetSecretValue",
        with: { "aws:ResourceTag/team": "a", "aws:PrincipalTag/team": "a" },
        so: "allowed",
      },
      {
        that: "they are not",
        does: "secretsmanager:GetSecretValue",
        with: { "aws:ResourceTag/team": "b", "aws:PrincipalTag/team": "a" },
        so: "no identity-based policy",
      },
      { that: "neither is there", does: "secretsmanager:GetSecretValue", so: "no identity-based policy" },
      {
        that: "the principal has none",
        does: "secretsmanager:GetSecretValue",
        with: { "aws:ResourceTag/team": "a" },
        so: "no identity-based policy",
      },
      {
        that: "a variable with several values has none",
        does: "secretsmanager:GetSecretValue",
        with: { "aws:ResourceTag/team": "a", "aws:PrincipalTag/team": ["a", "b"] },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "a variable that cannot be filled, in a negated condition",
    identity: [policy(allow("ecs:*", "*", { Condition: { StringNotEquals: { "aws:ResourceTag/owner": "${aws:username}" } } }))],
    cases: [
      {
        that: "does not make the statement apply",
        does: "ecs:StopTask",
        with: { "aws:ResourceTag/owner": "Bob" },
        so: "no identity-based policy",
      },
      { that: "is not asked for where the key is absent", does: "ecs:StopTask", so: "allowed" },
      {
        that: "compares where it is there",
        does: "ecs:StopTask",
        with: { "aws:ResourceTag/owner": "Bob", "aws:username": "Alice" },
        so: "allowed",
      },
    ],
  },
  {
    about: "a variable that cannot be filled, in NotResource",
    identity: [policy({ Effect: "Allow", Action: "s3:*", NotResource: "arn:aws:s3:::private/${aws:username}" })],
    cases: [
      { that: "does not make the statement apply", does: "s3:GetObject", on: "arn:aws:s3:::public/a", so: "no identity-based policy" },
      {
        that: "applies where it can be filled",
        does: "s3:GetObject",
        on: "arn:aws:s3:::public/a",
        with: { "aws:username": "Bob" },
        so: "allowed",
      },
      {
        that: "leaves what it names",
        does: "s3:GetObject",
        on: "arn:aws:s3:::private/Bob",
        with: { "aws:username": "Bob" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "a default value",
    identity: [policy(allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:userid, 'anonymous'}/*"))],
    cases: [
      { that: "stands in for an absent key", does: "s3:GetObject", on: "arn:aws:s3:::bucket/anonymous/a", so: "allowed" },
      {
        that: "gives way to the key",
        does: "s3:GetObject",
        on: "arn:aws:s3:::bucket/AIDA1/a",
        with: { "aws:userid": "AIDA1" },
        so: "allowed",
      },
      {
        that: "does not stand beside the key",
        does: "s3:GetObject",
        on: "arn:aws:s3:::bucket/anonymous/a",
        with: { "aws:userid": "AIDA1" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "escapes for characters with a meaning",
    identity: [
      policy(
        allow("s3:GetObject", "arn:aws:s3:::bucket/a${*}b"),
        allow("s3:PutObject", "arn:aws:s3:::bucket/a${?}b"),
        allow("s3:DeleteObject", "arn:aws:s3:::bucket/${$}{aws:username}"),
        allow("s3:ListBucket", "*", { Condition: { StringLike: { "s3:prefix": "${*}/*" } } }),
      ),
    ],
    cases: [
      { that: "${*} is a star", does: "s3:GetObject", on: "arn:aws:s3:::bucket/a*b", so: "allowed" },
      { that: "${*} is no wildcard", does: "s3:GetObject", on: "arn:aws:s3:::bucket/a-b", so: "no identity-based policy" },
      { that: "${?} is a question mark", does: "s3:PutObject", on: "arn:aws:s3:::bucket/a?b", so: "allowed" },
      { that: "${?} is no wildcard", does: "s3:PutObject", on: "arn:aws:s3:::bucket/a-b", so: "no identity-based policy" },
      { that: "${$} is a dollar", does: "s3:DeleteObject", on: "arn:aws:s3:::bucket/${aws:username}", so: "allowed" },
      { that: "they stand in conditions too", does: "s3:ListBucket", with: { "s3:prefix": "*/a" }, so: "allowed" },
      { that: "and are no wildcards there", does: "s3:ListBucket", with: { "s3:prefix": "x/a" }, so: "no identity-based policy" },
    ],
  },
  {
    about: "a variable before the resource part of an ARN",
    identity: [policy(allow("ecs:*", "arn:aws:ecs:us-east-1:${aws:PrincipalAccount}:cluster/x"))],
    cases: [
      {
        that: "is text",
        does: "ecs:DescribeClusters",
        on: "arn:aws:ecs:us-east-1:123456789012:cluster/x",
        with: { "aws:PrincipalAccount": "123456789012" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "variables in ARN conditions",
    identity: [
      policy(
        allow("sns:Publish", "*", {
          Condition: { ArnLike: { "aws:SourceArn": "arn:aws:sns:*:${aws:PrincipalAccount}:${aws:username}-*" } },
        }),
      ),
    ],
    cases: [
      {
        that: "are filled in every part",
        does: "sns:Publish",
        with: {
          "aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:Bob-a",
          "aws:PrincipalAccount": "123456789012",
          "aws:username": "Bob",
        },
        so: "allowed",
      },
      {
        that: "compare their value",
        does: "sns:Publish",
        with: {
          "aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:Eve-a",
          "aws:PrincipalAccount": "123456789012",
          "aws:username": "Bob",
        },
        so: "no identity-based policy",
      },
      {
        that: "do not shift the parts by a colon in their value",
        does: "sns:Publish",
        with: { "aws:SourceArn": "arn:aws:sns:us-east-1:1:2:Bob-a", "aws:PrincipalAccount": "1:2", "aws:username": "Bob" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "a variable of the key that it is compared with",
    identity: [policy(deny("ecs:StopTask", "*", { Condition: { StringEquals: { "aws:username": "${aws:username}" } } }), allow("ecs:*"))],
    cases: [
      {
        that: "a key that is compared with itself holds where it is there",
        does: "ecs:StopTask",
        with: { "aws:username": "Bob" },
        so: "deny: identity-based policy",
      },
      { that: "and not where it is absent", does: "ecs:StopTask", so: "allowed" },
    ],
  },
];

/** Variables are known since version 2012-10-17: before, they are text. Only resource-based policies may have the old version. */
export const OLD_VERSION: readonly Situation[] = [
  {
    about: "a policy of version 2008-10-17",
    resource: {
      Version: "2008-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:user/Bob" },
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::bucket/${aws:username}",
        },
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:user/Bob" },
          Action: "s3:PutObject",
          Resource: "arn:aws:s3:::bucket/*",
        },
      ],
    },
    cases: [
      {
        that: "has no variables",
        does: "s3:GetObject",
        on: "arn:aws:s3:::bucket/Bob",
        with: { "aws:username": "Bob" },
        so: "no identity-based policy",
      },
      {
        that: "takes them as text",
        does: "s3:GetObject",
        on: "arn:aws:s3:::bucket/${aws:username}",
        with: { "aws:username": "Bob" },
        so: "allowed",
      },
      { that: "has wildcards", does: "s3:PutObject", on: "arn:aws:s3:::bucket/Bob", so: "allowed" },
    ],
  },
];
