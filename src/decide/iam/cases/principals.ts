import {
  ACCOUNT,
  allow,
  ANYBODY,
  federated,
  grant,
  OTHER,
  policy,
  root,
  service,
  session,
  trusts,
  user,
  web,
  type Situation,
} from "./case.ts";

const GITHUB = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/deploy`;
const everything = policy(allow("*"));

// IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
export const PRINCIPALS: readonly Situation[] = [
  {
    about: 'Principal "*"',
    resource: policy(grant("*", "ecr:BatchGetImage")),
    cases: [
      { that: "a user of the account", does: "ecr:BatchGetImage", so: "allowed" },
      { that: "a session", as: session("app"), does: "ecr:BatchGetImage", so: "allowed" },
      { that: "nobody in particular", as: ANYBODY, does: "ecr:BatchGetImage", so: "allowed" },
      { that: "a service", as: service("ecs.amazonaws.com"), does: "ecr:BatchGetImage", so: "allowed" },
      {
        that: "another account still has to allow its user",
        as: user("Z", OTHER),
        owner: ACCOUNT,
        does: "ecr:BatchGetImage",
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: 'Principal { "AWS": "*" }',
    resource: policy(grant({ AWS: "*" }, "ecr:BatchGetImage")),
    cases: [
      { that: "a user of the account", does: "ecr:BatchGetImage", so: "allowed" },
      { that: "nobody in particular", as: ANYBODY, does: "ecr:BatchGetImage", so: "allowed" },
      { that: "no service", as: service("ecs.amazonaws.com"), does: "ecr:BatchGetImage", so: "no resource-based policy" },
      { that: "no web identity", as: web(GITHUB), does: "ecr:BatchGetImage", so: "no resource-based policy" },
    ],
  },
  {
    about: "Principal * with aws:PrincipalArn of a role",
    boundary: policy(allow("ec2:*")),
    resource: policy(grant("*", "s3:GetObject", { Condition: { ArnEquals: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/app` } } })),
    cases: [
      {
        that: "is not limited by a boundary",
        as: session("app"),
        does: "s3:GetObject",
        with: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/app` },
        so: "allowed",
      },
      {
        that: "grants no other role",
        as: session("other"),
        does: "s3:GetObject",
        with: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:role/other` },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "several principals, of several kinds",
    resource: policy(
      grant(
        {
          AWS: ["123456789012", "555555555555", `arn:aws:iam::${ACCOUNT}:user/Bob`],
          Service: ["ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com"],
        },
        "s3:*",
      ),
    ),
    cases: [
      { that: "one by ARN", does: "s3:GetObject", so: "allowed" },
      { that: "one by account", as: user("Alice"), does: "s3:GetObject", so: "no identity-based policy" },
      { that: "root of an account", as: root("555555555555"), owner: ACCOUNT, does: "s3:GetObject", so: "allowed" },
      { that: "the second service", as: service("elasticloadbalancing.amazonaws.com"), does: "s3:GetObject", so: "allowed" },
      { that: "none of them", as: user("Z", OTHER), owner: ACCOUNT, does: "s3:GetObject", so: "no identity-based policy" },
    ],
  },
  {
    about: "names of users",
    resource: policy(grant({ AWS: `arn:aws:iam::${ACCOUNT}:user/Bob` }, "s3:*")),
    cases: [
      { that: "tell case apart", as: user("bob"), does: "s3:GetObject", so: "no identity-based policy" },
      { that: "are those of their account", as: user("Bob", OTHER), owner: ACCOUNT, does: "s3:GetObject", so: "no identity-based policy" },
      { that: "include the path", as: user("dev/Bob"), does: "s3:GetObject", so: "no identity-based policy" },
    ],
  },
  {
    about: "CanonicalUser",
    resource: policy(grant({ CanonicalUser: "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be" }, "s3:*")),
    cases: [{ that: "names nobody here", does: "s3:GetObject", so: "no identity-based policy" }],
  },
  {
    about: "NotPrincipal with Deny: all but Bob",
    identity: [everything],
    resource: policy(
      {
        Effect: "Deny",
        NotPrincipal: { AWS: [`arn:aws:iam::${OTHER}:user/Bob`, `arn:aws:iam::${OTHER}:root`] },
        Action: "s3:*",
        Resource: "*",
      },
      grant("*", "s3:*"),
    ),
    cases: [
      { that: "Bob is not denied", as: user("Bob", OTHER), owner: ACCOUNT, does: "s3:GetObject", so: "allowed" },
      {
        that: "Alice of his account is",
        as: user("Alice", OTHER),
        owner: ACCOUNT,
        does: "s3:GetObject",
        so: "deny: resource-based policy",
      },
      { that: "users of the own account are", does: "s3:GetObject", so: "deny: resource-based policy" },
      { that: "nobody in particular is", as: ANYBODY, does: "s3:GetObject", so: "deny: resource-based policy" },
    ],
  },
  {
    about: "NotPrincipal with Deny: all but one session",
    identity: [everything],
    resource: policy(
      {
        Effect: "Deny",
        NotPrincipal: {
          AWS: [`arn:aws:sts::${OTHER}:assumed-role/audit/app`, `arn:aws:iam::${OTHER}:role/audit`, `arn:aws:iam::${OTHER}:root`],
        },
        Action: "s3:*",
        Resource: "*",
      },
      grant("*", "s3:*"),
    ),
    cases: [
      { that: "that session is not denied", as: session("audit", "app", OTHER), owner: ACCOUNT, does: "s3:GetObject", so: "allowed" },
      {
        that: "another session of the role is",
        as: session("audit", "other", OTHER),
        owner: ACCOUNT,
        does: "s3:GetObject",
        so: "deny: resource-based policy",
      },
    ],
  },
  {
    about: "NotPrincipal with Deny, and a boundary",
    identity: [everything],
    boundary: everything,
    resource: policy({ Effect: "Deny", NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:user/Bob` }, Action: "s3:*", Resource: "*" }),
    cases: [{ that: "even who is named is denied", does: "s3:GetObject", so: "deny: resource-based policy" }],
  },
];

// IAM User Guide, "Update a role trust policy", "How to use an external ID", "Creating a role for OpenID Connect federation".
export const TRUST_POLICIES: readonly Situation[] = [
  {
    about: "a trust policy that names a user of the account",
    trust: policy(trusts({ AWS: `arn:aws:iam::${ACCOUNT}:user/Bob` })),
    cases: [
      { that: "is enough", does: "sts:AssumeRole", on: ROLE, so: "allowed" },
      { that: "grants nobody else", as: user("Alice"), does: "sts:AssumeRole", on: ROLE, so: "no resource-based policy" },
      { that: "grants no other action", does: "sts:TagSession", on: ROLE, so: "no resource-based policy" },
      { that: "does not grant root", as: root(), does: "sts:AssumeRole", on: ROLE, so: "no resource-based policy" },
    ],
  },
  {
    about: "a trust policy, and an identity policy that allows everything",
    identity: [everything],
    trust: policy(trusts({ Service: "ecs-tasks.amazonaws.com" })),
    cases: [
      { that: "the identity policy is not enough", does: "sts:AssumeRole", on: ROLE, so: "no resource-based policy" },
      { that: "the service may", as: service("ecs-tasks.amazonaws.com"), does: "sts:AssumeRole", on: ROLE, so: "allowed" },
      {
        that: "another service may not",
        as: service("ec2.amazonaws.com"),
        does: "sts:AssumeRole",
        on: ROLE,
        so: "no resource-based policy",
      },
    ],
  },
  {
    about: "a trust policy that names the own account",
    identity: [policy(allow("sts:AssumeRole", ROLE))],
    trust: policy(trusts({ AWS: `arn:aws:iam::${ACCOUNT}:root` })),
    cases: [
      { that: "leaves it to identity policies, which allow", does: "sts:AssumeRole", on: ROLE, so: "allowed" },
      { that: "and which do not allow another role", does: "sts:AssumeRole", on: `${ROLE}2`, so: "no identity-based policy" },
    ],
  },
  {
    about: "a trust policy that names a role of the account, whose session chains",
    session: [policy(allow("s3:*"))],
    trust: policy(trusts({ AWS: `arn:aws:iam::${ACCOUNT}:role/app` })),
    cases: [{ that: "is limited by the session policy", as: session("app"), does: "sts:AssumeRole", on: ROLE, so: "no session policy" }],
  },
  {
    about: "a trust policy for another account, with an external id",
    identity: [policy(allow("sts:AssumeRole"))],
    trust: policy(trusts({ AWS: OTHER }, "sts:AssumeRole", { Condition: { StringEquals: { "sts:ExternalId": "12345" } } })),
    cases: [
      {
        that: "the right one",
        as: user("Z", OTHER),
        owner: ACCOUNT,
        does: "sts:AssumeRole",
        on: ROLE,
        with: { "sts:ExternalId": "12345" },
        so: "allowed",
      },
      {
        that: "a wrong one",
        as: user("Z", OTHER),
        owner: ACCOUNT,
        does: "sts:AssumeRole",
        on: ROLE,
        with: { "sts:ExternalId": "54321" },
        so: "no resource-based policy",
      },
      { that: "none", as: user("Z", OTHER), owner: ACCOUNT, does: "sts:AssumeRole", on: ROLE, so: "no resource-based policy" },
      {
        that: "from the own account",
        does: "sts:AssumeRole",
        on: ROLE,
        with: { "sts:ExternalId": "12345" },
        so: "no resource-based policy",
      },
    ],
  },
  {
    about: "a trust policy that asks for multi-factor authentication",
    trust: policy(
      trusts({ AWS: `arn:aws:iam::${ACCOUNT}:user/Bob` }, "sts:AssumeRole", {
        Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } },
      }),
    ),
    cases: [
      { that: "with", does: "sts:AssumeRole", on: ROLE, with: { "aws:MultiFactorAuthPresent": "true" }, so: "allowed" },
      { that: "without", does: "sts:AssumeRole", on: ROLE, so: "no resource-based policy" },
    ],
  },
  {
    about: "GitHub Actions",
    trust: policy(
      trusts({ Federated: GITHUB }, "sts:AssumeRoleWithWebIdentity", {
        Condition: {
          StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" },
          StringLike: { "token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:*" },
        },
      }),
    ),
    cases: [
      {
        that: "a branch of the repository",
        as: web(GITHUB),
        does: "sts:AssumeRoleWithWebIdentity",
        on: ROLE,
        with: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
        },
        so: "allowed",
      },
      {
        that: "another repository",
        as: web(GITHUB),
        does: "sts:AssumeRoleWithWebIdentity",
        on: ROLE,
        with: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo2:ref:refs/heads/main",
        },
        so: "no resource-based policy",
      },
      {
        that: "another audience",
        as: web(GITHUB),
        does: "sts:AssumeRoleWithWebIdentity",
        on: ROLE,
        with: {
          "token.actions.githubusercontent.com:aud": "someone-else",
          "token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
        },
        so: "no resource-based policy",
      },
      {
        that: "another provider",
        as: web(`${GITHUB}.evil`),
        does: "sts:AssumeRoleWithWebIdentity",
        on: ROLE,
        with: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:x",
        },
        so: "no resource-based policy",
      },
      {
        that: "a user of the account",
        does: "sts:AssumeRoleWithWebIdentity",
        on: ROLE,
        with: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:x",
        },
        so: "no resource-based policy",
      },
      {
        that: "AssumeRole in its place",
        as: web(GITHUB),
        does: "sts:AssumeRole",
        on: ROLE,
        with: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:x",
        },
        so: "no resource-based policy",
      },
    ],
  },
  {
    about: "the confused deputy: ECS only for tasks of the account",
    trust: policy(
      trusts({ Service: "ecs-tasks.amazonaws.com" }, "sts:AssumeRole", {
        Condition: { ArnLike: { "aws:SourceArn": `arn:aws:ecs:us-west-2:${ACCOUNT}:*` }, StringEquals: { "aws:SourceAccount": ACCOUNT } },
      }),
    ),
    cases: [
      {
        that: "a task of the account",
        as: service("ecs-tasks.amazonaws.com"),
        does: "sts:AssumeRole",
        on: ROLE,
        with: { "aws:SourceArn": `arn:aws:ecs:us-west-2:${ACCOUNT}:task/a/b`, "aws:SourceAccount": ACCOUNT },
        so: "allowed",
      },
      {
        that: "a task of another account",
        as: service("ecs-tasks.amazonaws.com"),
        does: "sts:AssumeRole",
        on: ROLE,
        with: { "aws:SourceArn": `arn:aws:ecs:us-west-2:${OTHER}:task/a/b`, "aws:SourceAccount": OTHER },
        so: "no resource-based policy",
      },
      {
        that: "a task of another region",
        as: service("ecs-tasks.amazonaws.com"),
        does: "sts:AssumeRole",
        on: ROLE,
        with: { "aws:SourceArn": `arn:aws:ecs:us-east-1:${ACCOUNT}:task/a/b`, "aws:SourceAccount": ACCOUNT },
        so: "no resource-based policy",
      },
    ],
  },
  {
    about: "a federated user",
    identity: [everything],
    session: [everything],
    trust: policy(trusts({ AWS: `arn:aws:iam::${ACCOUNT}:user/Bob` })),
    cases: [{ that: "assumes what the user behind it may", as: federated("temp", "Bob"), does: "sts:AssumeRole", on: ROLE, so: "allowed" }],
  },
];
