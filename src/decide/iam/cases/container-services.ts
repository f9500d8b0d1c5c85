import { ACCOUNT, allow, deny, OTHER, policy, session, user, type Situation } from "./case.ts";

const ecs = (resource: string): string => `arn:aws:ecs:us-east-1:${ACCOUNT}:${resource}`;
const ecr = (resource: string): string => `arn:aws:ecr:us-east-1:${ACCOUNT}:${resource}`;
const secret = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:aes128-1a2b3c`;

// Amazon ECS Developer Guide, "Identity-based policy examples for Amazon ECS".
const ECS: readonly Situation[] = [
  {
    about: "ECS: run tasks of one family on one cluster",
    identity: [
      policy(
        allow("ecs:RunTask", ecs("task-definition/my_family:*"), { Condition: { ArnEquals: { "ecs:cluster": ecs("cluster/default") } } }),
      ),
    ],
    cases: [
      {
        that: "the family on the cluster",
        does: "ecs:RunTask",
        on: ecs("task-definition/my_family:3"),
        with: { "ecs:cluster": ecs("cluster/default") },
        so: "allowed",
      },
      {
        that: "the family on another cluster",
        does: "ecs:RunTask",
        on: ecs("task-definition/my_family:3"),
        with: { "ecs:cluster": ecs("cluster/prod") },
        so: "no identity-based policy",
      },
      {
        that: "another family",
        does: "ecs:RunTask",
        on: ecs("task-definition/my_family2:3"),
        with: { "ecs:cluster": ecs("cluster/default") },
        so: "no identity-based policy",
      },
      { that: "without a cluster", does: "ecs:RunTask", on: ecs("task-definition/my_family:3"), so: "no identity-based policy" },
    ],
  },
  {
    about: "ECS: list and describe the tasks of a cluster",
    identity: [
      policy(
        allow(["ecs:ListTasks", "ecs:DescribeTasks"], [ecs("task/default/*"), ecs("container-instance/*")], {
          Condition: { ArnEquals: { "ecs:cluster": ecs("cluster/default") } },
        }),
      ),
    ],
    cases: [
      {
        that: "its tasks are described",
        does: "ecs:DescribeTasks",
        on: ecs("task/default/abc"),
        with: { "ecs:cluster": ecs("cluster/default") },
        so: "allowed",
      },
      {
        that: "those of another are not",
        does: "ecs:DescribeTasks",
        on: ecs("task/prod/abc"),
        with: { "ecs:cluster": ecs("cluster/default") },
        so: "no identity-based policy",
      },
      {
        that: "none is stopped",
        does: "ecs:StopTask",
        on: ecs("task/default/abc"),
        with: { "ecs:cluster": ecs("cluster/default") },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "ECS: create a cluster only with the tag, and tag it only then",
    identity: [
      policy(
        allow("ecs:CreateCluster", "*", {
          Condition: {
            StringEquals: { "aws:RequestTag/environment": ["production", "staging"] },
            "ForAllValues:StringEquals": { "aws:TagKeys": ["environment"] },
          },
        }),
        allow("ecs:TagResource", ecs("cluster/*"), { Condition: { StringEquals: { "ecs:CreateAction": ["CreateCluster", "RunTask"] } } }),
      ),
    ],
    cases: [
      {
        that: "with it",
        does: "ecs:CreateCluster",
        with: { "aws:RequestTag/environment": "staging", "aws:TagKeys": ["environment"] },
        so: "allowed",
      },
      {
        that: "with another value",
        does: "ecs:CreateCluster",
        with: { "aws:RequestTag/environment": "test", "aws:TagKeys": ["environment"] },
        so: "no identity-based policy",
      },
      {
        that: "with a tag more",
        does: "ecs:CreateCluster",
        with: { "aws:RequestTag/environment": "staging", "aws:TagKeys": ["environment", "owner"] },
        so: "no identity-based policy",
      },
      { that: "without tags", does: "ecs:CreateCluster", so: "no identity-based policy" },
      {
        that: "tagging while it is created",
        does: "ecs:TagResource",
        on: ecs("cluster/a"),
        with: { "ecs:CreateAction": "CreateCluster" },
        so: "allowed",
      },
      { that: "tagging afterwards", does: "ecs:TagResource", on: ecs("cluster/a"), so: "no identity-based policy" },
    ],
  },
  {
    about: "ECS: services by tag of their owner",
    identity: [
      policy(
        allow("ecs:DescribeServices", "*"),
        allow("ecs:*", ecs("service/*"), { Condition: { StringEquals: { "ecs:ResourceTag/Owner": "${aws:username}" } } }),
      ),
    ],
    cases: [
      {
        that: "the own one is updated",
        does: "ecs:UpdateService",
        on: ecs("service/default/web"),
        with: { "ecs:ResourceTag/Owner": "richard-roe", "aws:username": "richard-roe" },
        so: "allowed",
      },
      {
        that: "tag keys are compared without case",
        does: "ecs:UpdateService",
        on: ecs("service/default/web"),
        with: { "ecs:ResourceTag/owner": "richard-roe", "aws:username": "richard-roe" },
        so: "allowed",
      },
      {
        that: "another's is not",
        does: "ecs:UpdateService",
        on: ecs("service/default/web"),
        with: { "ecs:ResourceTag/Owner": "jane", "aws:username": "richard-roe" },
        so: "no identity-based policy",
      },
      { that: "everyone's is described", does: "ecs:DescribeServices", on: ecs("service/default/web"), so: "allowed" },
    ],
  },
  {
    about: "ECS: iam:PassRole to tasks alone",
    identity: [
      policy(
        allow("ecs:*"),
        allow("iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/ecsTask*`, {
          Condition: { StringLike: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
        }),
      ),
    ],
    cases: [
      {
        that: "a task role to a task",
        does: "iam:PassRole",
        on: `arn:aws:iam::${ACCOUNT}:role/ecsTaskExecutionRole`,
        with: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
        so: "allowed",
      },
      {
        that: "a task role to EC2",
        does: "iam:PassRole",
        on: `arn:aws:iam::${ACCOUNT}:role/ecsTaskExecutionRole`,
        with: { "iam:PassedToService": "ec2.amazonaws.com" },
        so: "no identity-based policy",
      },
      {
        that: "another role",
        does: "iam:PassRole",
        on: `arn:aws:iam::${ACCOUNT}:role/Admin`,
        with: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
        so: "no identity-based policy",
      },
    ],
  },
  {
    about: "AmazonECSTaskExecutionRolePolicy",
    identity: [
      policy(
        allow([
          "ecr:GetAuthorizationToken",
          "ecr:BatchCheckLayerAvailability",
          "ecr:GetDownloadUrlForLayer",
          "ecr:BatchGetImage",
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ]),
      ),
    ],
    cases: [
      { that: "a login token", as: session("ecsTaskExecutionRole"), does: "ecr:GetAuthorizationToken", so: "allowed" },
      { that: "an image", as: session("ecsTaskExecutionRole"), does: "ecr:BatchGetImage", on: ecr("repository/web"), so: "allowed" },
      {
        that: "log events",
        as: session("ecsTaskExecutionRole"),
        does: "logs:PutLogEvents",
        on: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/ecs/web:log-stream:a`,
        so: "allowed",
      },
      {
        that: "no log groups",
        as: session("ecsTaskExecutionRole"),
        does: "logs:CreateLogGroup",
        on: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/ecs/web`,
        so: "no identity-based policy",
      },
      {
        that: "no secrets",
        as: session("ecsTaskExecutionRole"),
        does: "secretsmanager:GetSecretValue",
        on: secret,
        so: "no identity-based policy",
      },
      {
        that: "no pushes",
        as: session("ecsTaskExecutionRole"),
        does: "ecr:PutImage",
        on: ecr("repository/web"),
        so: "no identity-based policy",
      },
    ],
  },
];

// Amazon ECR User Guide, "Identity-based policy examples", "Private repository policy examples", "Using tag-based access control".
const ECR: readonly Situation[] = [
  {
    about: "ECR: one repository, and the login token for all",
    identity: [
      policy(
        allow("ecr:GetAuthorizationToken"),
        allow(
          ["ecr:BatchCheckLayerAvailability", "ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"],
          ecr("repository/my-repo"),
        ),
      ),
    ],
    cases: [
      { that: "a push", does: "ecr:PutImage", on: ecr("repository/my-repo"), so: "allowed" },
      { that: "a push elsewhere", does: "ecr:PutImage", on: ecr("repository/my-repo/nested"), so: "no identity-based policy" },
      { that: "a pull", does: "ecr:BatchGetImage", on: ecr("repository/my-repo"), so: "no identity-based policy" },
      { that: "the token", does: "ecr:GetAuthorizationToken", so: "allowed" },
    ],
  },
  {
    about: "ECR: a repository policy for another account",
    identity: [policy(allow("ecr:*"))],
    resource: policy({
      Sid: "AllowCrossAccountPull",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${OTHER}:root` },
      Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }),
    cases: [
      { that: "it pulls", as: user("Z", OTHER), owner: ACCOUNT, does: "ecr:BatchGetImage", on: ecr("repository/web"), so: "allowed" },
      {
        that: "it does not push",
        as: user("Z", OTHER),
        owner: ACCOUNT,
        does: "ecr:PutImage",
        on: ecr("repository/web"),
        so: "no resource-based policy",
      },
      {
        that: "a third account does not pull",
        as: user("E", "777788889999"),
        owner: ACCOUNT,
        does: "ecr:BatchGetImage",
        on: ecr("repository/web"),
        so: "no resource-based policy",
      },
      { that: "the own account pushes by its identity policy", does: "ecr:PutImage", on: ecr("repository/web"), so: "allowed" },
    ],
  },
  {
    about: "ECR: pulls only from some addresses",
    identity: [policy(allow("ecr:*"))],
    resource: policy({
      Effect: "Deny",
      Principal: "*",
      Action: "ecr:*",
      Condition: { NotIpAddress: { "aws:SourceIp": "54.240.143.0/24" }, StringNotLike: { "aws:PrincipalArn": "*breakglass*" } },
    }),
    cases: [
      {
        that: "from one of them",
        does: "ecr:BatchGetImage",
        on: ecr("repository/web"),
        with: { "aws:SourceIp": "54.240.143.188", "aws:PrincipalArn": "arn:aws:iam::1:user/Bob" },
        so: "allowed",
      },
      {
        that: "from elsewhere",
        does: "ecr:BatchGetImage",
        on: ecr("repository/web"),
        with: { "aws:SourceIp": "54.240.144.1", "aws:PrincipalArn": "arn:aws:iam::1:user/Bob" },
        so: "deny: resource-based policy",
      },
      {
        that: "from elsewhere in an emergency",
        does: "ecr:BatchGetImage",
        on: ecr("repository/web"),
        with: { "aws:SourceIp": "54.240.144.1", "aws:PrincipalArn": "arn:aws:iam::1:role/breakglass" },
        so: "allowed",
      },
    ],
  },
  {
    about: "ECR: repositories by tag",
    identity: [
      policy(
        allow("ecr:DescribeRepositories"),
        deny("ecr:DeleteRepository", "*", { Condition: { StringEquals: { "aws:ResourceTag/stage": "prod" } } }),
        allow("ecr:DeleteRepository", "*", { Condition: { StringEquals: { "ecr:ResourceTag/team": ["a", "b"] } } }),
      ),
    ],
    cases: [
      {
        that: "one of the team is deleted",
        does: "ecr:DeleteRepository",
        on: ecr("repository/x"),
        with: { "ecr:ResourceTag/team": "b" },
        so: "allowed",
      },
      {
        that: "not in production",
        does: "ecr:DeleteRepository",
        on: ecr("repository/x"),
        with: { "ecr:ResourceTag/team": "b", "aws:ResourceTag/stage": "prod" },
        so: "deny: identity-based policy",
      },
      {
        that: "not of another team",
        does: "ecr:DeleteRepository",
        on: ecr("repository/x"),
        with: { "ecr:ResourceTag/team": "c" },
        so: "no identity-based policy",
      },
    ],
  },
];

export const CONTAINER_SERVICES: readonly Situation[] = [...ECS, ...ECR];
