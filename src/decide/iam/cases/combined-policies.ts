import { ACCOUNT, allow, ANYBODY, deny, federated, grant, OTHER, policy, root, service, session, user, type Situation } from "./case.ts";

const BUCKET = "arn:aws:s3:::data";
const everything = policy(allow("*"));
const s3Only = policy(allow(["s3:*", "cloudwatch:*", "ec2:*"]));
const bob = `arn:aws:iam::${ACCOUNT}:user/Bob`;
const role = `arn:aws:iam::${ACCOUNT}:role/app`;
const roleSession = `arn:aws:sts::${ACCOUNT}:assumed-role/app/session`;

// IAM User Guide, "Policy evaluation logic" and "Permissions boundaries for IAM entities".
export const SAME_ACCOUNT: readonly Situation[] = [
  {
    about: "nothing is attached",
    cases: [
      { that: "a user may nothing", does: "s3:GetObject", so: "no identity-based policy" },
      { that: "a role's session may nothing", as: session("app"), does: "s3:GetObject", so: "no identity-based policy" },
      { that: "root may everything", as: root(), does: "s3:GetObject", so: "allowed" },
    ],
  },
  {
    about: "ShirleyRodriguez: a boundary of S3, CloudWatch and EC2, a policy of iam:CreateUser",
    identity: [policy(allow("iam:CreateUser"))],
    boundary: s3Only,
    cases: [
      { that: "creating a user is outside the boundary", does: "iam:CreateUser", so: "no permissions boundary" },
      { that: "the boundary grants nothing", does: "s3:GetObject", so: "no identity-based policy" },
    ],
  },
  {
    about: "a boundary and a policy that meet",
    identity: [everything],
    boundary: s3Only,
    cases: [
      { that: "what both allow is allowed", does: "s3:GetObject", so: "allowed" },
      { that: "the rest is not", does: "iam:CreateUser", so: "no permissions boundary" },
    ],
  },
  {
    about: "a boundary that denies",
    identity: [everything],
    boundary: policy(allow("*"), deny("s3:*", ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"])),
    cases: [
      { that: "denies explicitly", does: "s3:GetObject", on: "arn:aws:s3:::logs/a", so: "deny: permissions boundary" },
      { that: "leaves the rest", does: "s3:GetObject", on: "arn:aws:s3:::data/a", so: "allowed" },
    ],
  },
  {
    about: "a session policy",
    identity: [everything],
    session: [policy(allow("s3:GetObject")), policy(allow("s3:ListBucket"), deny("s3:GetObject", "arn:aws:s3:::logs/*"))],
    cases: [
      { that: "allows what one of several allows", as: session("app"), does: "s3:ListBucket", so: "allowed" },
      { that: "limits the role", as: session("app"), does: "s3:PutObject", so: "no session policy" },
      { that: "denies explicitly", as: session("app"), does: "s3:GetObject", on: "arn:aws:s3:::logs/a", so: "deny: session policy" },
    ],
  },
  {
    about: "session policy, boundary and identity policy together",
    identity: [policy(allow(["s3:*", "ec2:*", "sqs:*"]))],
    boundary: policy(allow(["s3:*", "ec2:*", "sns:*"])),
    session: [policy(allow(["s3:*", "sqs:*", "sns:*"]))],
    cases: [
      { that: "what all three allow is allowed", as: session("app"), does: "s3:GetObject", so: "allowed" },
      { that: "the session misses EC2", as: session("app"), does: "ec2:RunInstances", so: "no session policy" },
      { that: "the boundary misses SQS", as: session("app"), does: "sqs:SendMessage", so: "no permissions boundary" },
      { that: "the role misses SNS", as: session("app"), does: "sns:Publish", so: "no identity-based policy" },
    ],
  },
  {
    about: "a resource's policy that names a user",
    resource: policy(grant({ AWS: bob }, "s3:GetObject", { Resource: `${BUCKET}/*` })),
    cases: [
      { that: "is enough", does: "s3:GetObject", on: `${BUCKET}/a`, so: "allowed" },
      { that: "grants nobody else", as: user("Alice"), does: "s3:GetObject", on: `${BUCKET}/a`, so: "no identity-based policy" },
      { that: "grants nothing else", does: "s3:PutObject", on: `${BUCKET}/a`, so: "no identity-based policy" },
      {
        that: "does not grant a federated user of his without session policy",
        as: federated("temp", "Bob"),
        does: "s3:GetObject",
        on: `${BUCKET}/a`,
        so: "no session policy",
      },
    ],
  },
  {
    about: "a resource's policy that names a user who has a boundary",
    boundary: policy(allow("ec2:*")),
    resource: policy(grant({ AWS: bob }, "s3:GetObject")),
    cases: [{ that: "is not limited by it", does: "s3:GetObject", on: BUCKET, so: "allowed" }],
  },
  {
    about: "a boundary that denies, beside a resource's policy that names the user",
    boundary: policy(deny("s3:*")),
    resource: policy(grant({ AWS: bob }, "s3:GetObject")),
    cases: [{ that: "wins", does: "s3:GetObject", on: BUCKET, so: "deny: permissions boundary" }],
  },
  {
    about: "a resource's policy that names a role",
    resource: policy(grant({ AWS: role }, "s3:*")),
    cases: [
      { that: "is enough for its sessions", as: session("app"), does: "s3:GetObject", on: BUCKET, so: "allowed" },
      { that: "grants no other role", as: session("other"), does: "s3:GetObject", on: BUCKET, so: "no identity-based policy" },
    ],
  },
  {
    about: "a resource's policy that names a role with a boundary",
    boundary: policy(allow("s3:GetObject")),
    resource: policy(grant({ AWS: role }, "s3:*")),
    cases: [
      { that: "grants within the boundary", as: session("app"), does: "s3:GetObject", on: BUCKET, so: "allowed" },
      { that: "is limited by it", as: session("app"), does: "s3:PutObject", on: BUCKET, so: "no permissions boundary" },
    ],
  },
  {
    about: "a resource's policy that names a role, and a session with a policy",
    session: [policy(allow("s3:GetObject"))],
    resource: policy(grant({ AWS: role }, "s3:*")),
    cases: [
      { that: "grants within the session policy", as: session("app"), does: "s3:GetObject", on: BUCKET, so: "allowed" },
      { that: "is limited by it", as: session("app"), does: "s3:PutObject", on: BUCKET, so: "no session policy" },
    ],
  },
  {
    about: "a resource's policy that names the session itself, with a boundary and a session policy that allow nothing of it",
    boundary: policy(allow("ec2:*")),
    session: [policy(allow("ec2:*"))],
    resource: policy(grant({ AWS: roleSession }, "s3:GetObject")),
    cases: [
      { that: "is not limited", as: session("app"), does: "s3:GetObject", on: BUCKET, so: "allowed" },
      { that: "grants no other session", as: session("app", "other"), does: "s3:GetObject", on: BUCKET, so: "no identity-based policy" },
    ],
  },
  {
    about: "a resource's policy that names a role by its unique id",
    session: [policy(allow("ec2:*"))],
    resource: policy(grant({ AWS: "AROADBQP57FF2AEXAMPLE" }, "s3:GetObject")),
    cases: [
      { that: "is limited like one that names its ARN", as: session("app"), does: "s3:GetObject", on: BUCKET, so: "no session policy" },
    ],
  },
  {
    about: "a resource's policy that names a user by the unique id",
    resource: policy(grant({ AWS: "AIDACKCEVSQ6C2EXAMPLE" }, "s3:GetObject")),
    cases: [{ that: "grants the user", does: "s3:GetObject", on: BUCKET, so: "allowed" }],
  },
  {
    about: "a resource's policy that names a federated user",
    resource: policy(grant({ AWS: `arn:aws:sts::${ACCOUNT}:federated-user/temp` }, "s3:GetObject")),
    cases: [
      { that: "grants the session without policies", as: federated("temp", "Bob"), does: "s3:GetObject", on: BUCKET, so: "allowed" },
      { that: "does not grant the user behind it", does: "s3:GetObject", on: BUCKET, so: "no identity-based policy" },
    ],
  },
  {
    about: "a federated user's session",
    identity: [policy(allow("s3:*"))],
    session: [policy(allow(["s3:GetObject", "ec2:*"]))],
    cases: [
      { that: "has what user and session policy share", as: federated("temp", "Bob"), does: "s3:GetObject", so: "allowed" },
      { that: "has nothing the session policy lacks", as: federated("temp", "Bob"), does: "s3:PutObject", so: "no session policy" },
      { that: "has nothing the user lacks", as: federated("temp", "Bob"), does: "ec2:RunInstances", so: "no identity-based policy" },
    ],
  },
  {
    about: "a federated user without session policies",
    identity: [everything],
    cases: [{ that: "may nothing", as: federated("temp", "Bob"), does: "s3:GetObject", so: "no session policy" }],
  },
  {
    about: "a resource's policy that names the own account",
    resource: policy(grant({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, "s3:GetObject")),
    cases: [
      { that: "leaves it to identity policies", does: "s3:GetObject", on: BUCKET, so: "no identity-based policy" },
      { that: "grants root", as: root(), does: "s3:GetObject", on: BUCKET, so: "allowed" },
    ],
  },
  {
    about: "a resource's policy that denies",
    identity: [everything],
    resource: policy(grant("*", "s3:*", { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } })),
    cases: [
      {
        that: "wins over identity policies",
        does: "s3:GetObject",
        on: BUCKET,
        with: { "aws:SecureTransport": "false" },
        so: "deny: resource-based policy",
      },
      {
        that: "binds root too",
        as: root(),
        does: "s3:GetObject",
        on: BUCKET,
        with: { "aws:SecureTransport": "false" },
        so: "deny: resource-based policy",
      },
      {
        that: "binds services too",
        as: service("ecs.amazonaws.com"),
        does: "s3:GetObject",
        on: BUCKET,
        with: { "aws:SecureTransport": "false" },
        so: "deny: resource-based policy",
      },
      { that: "only where its condition holds", does: "s3:GetObject", on: BUCKET, with: { "aws:SecureTransport": "true" }, so: "allowed" },
    ],
  },
  {
    about: "a resource's policy that denies an account",
    identity: [everything],
    resource: policy(grant({ AWS: ACCOUNT }, "s3:DeleteBucket", { Effect: "Deny" })),
    cases: [
      { that: "denies its users", does: "s3:DeleteBucket", on: BUCKET, so: "deny: resource-based policy" },
      { that: "denies its roles", as: session("app"), does: "s3:DeleteBucket", on: BUCKET, so: "deny: resource-based policy" },
      { that: "denies its root", as: root(), does: "s3:DeleteBucket", on: BUCKET, so: "deny: resource-based policy" },
      { that: "denies nothing else", does: "s3:GetObject", on: BUCKET, so: "allowed" },
    ],
  },
];

// IAM User Guide, "Cross-account policy evaluation logic".
export const CROSS_ACCOUNT: readonly Situation[] = [
  {
    about: "only the identity policy allows",
    identity: [everything],
    cases: [
      {
        that: "a user of another account is refused by the resource",
        as: user("Zhang", OTHER),
        owner: ACCOUNT,
        does: "s3:GetObject",
        on: BUCKET,
        so: "no resource-based policy",
      },
      {
        that: "root of another account too",
        as: root(OTHER),
        owner: ACCOUNT,
        does: "s3:GetObject",
        on: BUCKET,
        so: "no resource-based policy",
      },
      { that: "in the own account it is enough", does: "s3:GetObject", on: BUCKET, so: "allowed" },
    ],
  },
  {
    about: "only the resource's policy allows",
    resource: policy(grant({ AWS: [`arn:aws:iam::${OTHER}:user/Zhang`, `arn:aws:iam::${OTHER}:root`] }, "s3:GetObject")),
    cases: [
      {
        that: "a user of another account is refused at home",
        as: user("Zhang", OTHER),
        owner: ACCOUNT,
        does: "s3:GetObject",
        on: BUCKET,
        so: "no identity-based policy",
      },
      { that: "root of that account needs no more", as: root(OTHER), owner: ACCOUNT, does: "s3:GetObject", on: BUCKET, so: "allowed" },
    ],
  },
  {
    about: "both allow, the resource's policy by account",
    identity: [policy(allow("s3:GetObject"))],
    resource: policy(grant({ AWS: OTHER }, "s3:*")),
    cases: [
      { that: "a user", as: user("Zhang", OTHER), owner: ACCOUNT, does: "s3:GetObject", on: BUCKET, so: "allowed" },
      { that: "a role's session", as: session("app", "s", OTHER), owner: ACCOUNT, does: "s3:GetObject", on: BUCKET, so: "allowed" },
      {
        that: "no more than the identity policy",
        as: user("Zhang", OTHER),
        owner: ACCOUNT,
        does: "s3:PutObject",
        on: BUCKET,
        so: "no identity-based policy",
      },
      {
        that: "not a third account",
        as: user("Eve", "777788889999"),
        owner: ACCOUNT,
        does: "s3:GetObject",
        on: BUCKET,
        so: "no resource-based policy",
      },
    ],
  },
  {
    about: "both allow, but the user's boundary does not",
    identity: [everything],
    boundary: policy(allow("ec2:*")),
    resource: policy(grant({ AWS: `arn:aws:iam::${OTHER}:user/Zhang` }, "s3:GetObject")),
    cases: [
      {
        that: "across accounts a named user is limited",
        as: user("Zhang", OTHER),
        owner: ACCOUNT,
        does: "s3:GetObject",
        on: BUCKET,
        so: "no permissions boundary",
      },
    ],
  },
  {
    about: "both allow, but the session policy does not",
    identity: [everything],
    session: [policy(allow("ec2:*"))],
    resource: policy(grant({ AWS: `arn:aws:sts::${OTHER}:assumed-role/app/session` }, "s3:GetObject")),
    cases: [
      {
        that: "across accounts a named session is limited",
        as: session("app", "session", OTHER),
        owner: ACCOUNT,
        does: "s3:GetObject",
        on: BUCKET,
        so: "no session policy",
      },
    ],
  },
  {
    about: "both allow, and one denies",
    identity: [everything, policy(deny("s3:DeleteObject"))],
    resource: policy(grant({ AWS: OTHER }, "s3:*"), grant({ AWS: `arn:aws:iam::${OTHER}:user/Eve` }, "s3:PutObject", { Effect: "Deny" })),
    cases: [
      {
        that: "the resource's policy",
        as: user("Eve", OTHER),
        owner: ACCOUNT,
        does: "s3:PutObject",
        on: BUCKET,
        so: "deny: resource-based policy",
      },
      {
        that: "the identity policy",
        as: user("Zhang", OTHER),
        owner: ACCOUNT,
        does: "s3:DeleteObject",
        on: BUCKET,
        so: "deny: identity-based policy",
      },
      { that: "neither of them", as: user("Zhang", OTHER), owner: ACCOUNT, does: "s3:PutObject", on: BUCKET, so: "allowed" },
    ],
  },
  {
    about: "services and nobody",
    identity: [everything],
    resource: policy(grant({ Service: "ecs-tasks.amazonaws.com" }, "s3:GetObject"), grant("*", "s3:ListBucket")),
    cases: [
      { that: "a service that is named", as: service("ecs-tasks.amazonaws.com"), does: "s3:GetObject", on: BUCKET, so: "allowed" },
      {
        that: "a service that is not",
        as: service("lambda.amazonaws.com"),
        does: "s3:GetObject",
        on: BUCKET,
        so: "no resource-based policy",
      },
      { that: "everybody, without credentials", as: ANYBODY, does: "s3:ListBucket", on: BUCKET, so: "allowed" },
      { that: "nobody gets what is not for everybody", as: ANYBODY, does: "s3:GetObject", on: BUCKET, so: "no resource-based policy" },
      {
        that: "identity policies say nothing of services",
        as: service("ecs-tasks.amazonaws.com"),
        does: "s3:PutObject",
        on: BUCKET,
        so: "no resource-based policy",
      },
    ],
  },
];
