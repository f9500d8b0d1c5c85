import {
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreateUserCommand,
  AddUserToGroupCommand,
  GetContextKeysForCustomPolicyCommand,
  GetContextKeysForPrincipalPolicyCommand,
  IAMClient,
  ListGroupsCommand,
  ListPoliciesCommand,
  ListRolesCommand,
  ListUsersCommand,
  PutGroupPolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  type SimulateCustomPolicyCommandInput,
} from "@aws-sdk/client-iam";
import { describe, expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";

const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string, Resource = "*", more: object = {}) => ({ Effect: "Allow", Action, Resource, ...more });
const deny = (Action: string, Resource = "*", more: object = {}) => ({ Effect: "Deny", Action, Resource, ...more });
const CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/web";
const REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/web";

describe("SimulateCustomPolicy", () => {
  test.each<[string, Partial<SimulateCustomPolicyCommandInput>, string, string[]]>([
    ["an allow", { PolicyInputList: [policy(allow("ecs:RunTask"))] }, "allowed", ["PolicyInputList.1"]],
    ["nothing", { PolicyInputList: [policy(allow("ecs:StopTask"))] }, "implicitDeny", []],
    ["a deny beside an allow", { PolicyInputList: [policy(allow("*")), policy(deny("ecs:*"))] }, "explicitDeny", ["PolicyInputList.2"]],
    [
      "a resource that is not meant",
      { PolicyInputList: [policy(allow("ecs:*", CLUSTER))], ResourceArns: [REPOSITORY] },
      "implicitDeny",
      [],
    ],
    [
      "a condition that is given",
      {
        PolicyInputList: [policy(allow("ecs:*", "*", { Condition: { ArnEquals: { "ecs:cluster": CLUSTER } } }))],
        ContextEntries: [{ ContextKeyName: "ecs:cluster", ContextKeyValues: [CLUSTER], ContextKeyType: "string" }],
      },
      "allowed",
      ["PolicyInputList.1"],
    ],
    [
      "a boundary that does not allow",
      { PolicyInputList: [policy(allow("*"))], PermissionsBoundaryPolicyInputList: [policy(allow("ecr:*"))] },
      "implicitDeny",
      ["PolicyInputList.1"],
    ],
  ])("tells what becomes of %s", async (_what, input, decision, matched) => {
    await using api = await apiWorld();
    const command = new SimulateCustomPolicyCommand({ ActionNames: ["ecs:RunTask"], PolicyInputList: undefined, ...input });
    const { EvaluationResults } = await api.client(IAMClient).send(command);
    expect(EvaluationResults).toHaveLength(1);
    expect(EvaluationResults![0]).toMatchObject({ EvalActionName: "ecs:RunTask", EvalDecision: decision });
    expect(EvaluationResults![0]!.MatchedStatements!.map(({ SourcePolicyId }) => SourcePolicyId)).toEqual(matched);
    expect(api.defects).toEqual([]);
  });

  test("tells where a statement stands: from behind the bracket to behind its brace", async () => {
    await using api = await apiWorld();
    const document = [
      "{",
      '    "Version": "2012-10-17",',
      '    "Statement": [',
      "        {",
      '            "Effect": "Allow",',
      '            "Action": "codecommit:ListRepositories",',
      '            "Resource": "*"',
      "        }",
      "    ]",
      "}",
    ].join("\n");
    const command = new SimulateCustomPolicyCommand({ ActionNames: ["codecommit:ListRepositories"], PolicyInputList: [document] });
    const { EvaluationResults } = await api.client(IAMClient).send(command);
    expect(EvaluationResults![0]!.MatchedStatements).toEqual([
      {
        SourcePolicyId: "PolicyInputList.1",
        SourcePolicyType: "none",
        StartPosition: { Line: 3, Column: 19 },
        EndPosition: { Line: 8, Column: 10 },
      },
    ]);
  });

  test("tells which keys it would need, and asks a page at a time", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const conditional = policy(
      allow("ecs:*", "arn:aws:ecs:*:*:cluster/${aws:PrincipalTag/team}", { Condition: { Bool: { "aws:SecureTransport": "true" } } }),
    );
    const ask = { PolicyInputList: [conditional], ActionNames: ["ecs:RunTask", "ecs:StopTask"], ResourceArns: [CLUSTER, REPOSITORY] };
    const first = await iam.send(new SimulateCustomPolicyCommand({ ...ask, MaxItems: 3 }));
    expect(first.EvaluationResults!.map(({ EvalActionName, EvalResourceName }) => [EvalActionName, EvalResourceName])).toEqual([
      ["ecs:RunTask", CLUSTER],
      ["ecs:RunTask", REPOSITORY],
      ["ecs:StopTask", CLUSTER],
    ]);
    expect(first.EvaluationResults![0]!.ResourceSpecificResults).toMatchObject([
      {
        EvalResourceName: CLUSTER,
        EvalResourceDecision: "implicitDeny",
        MissingContextValues: ["aws:PrincipalTag/team", "aws:SecureTransport"],
      },
    ]);
    const rest = await iam.send(new SimulateCustomPolicyCommand({ ...ask, Marker: first.Marker }));
    expect(rest.EvaluationResults).toHaveLength(1);
  });

  test.each<[string, Partial<SimulateCustomPolicyCommandInput>, string]>([
    ["a policy that is none", { PolicyInputList: ["{"] }, "PolicyInputList.1: Syntax errors in policy."],
    ["an action with a wildcard", { ActionNames: ["ecs:*"] }, "Invalid action name: ecs:*."],
    [
      "a resource's policy without a caller",
      { ResourcePolicy: policy(allow("*")) },
      "CallerArn is required when a ResourcePolicy is included.",
    ],
    [
      "two boundaries",
      { PermissionsBoundaryPolicyInputList: [policy(allow("*")), policy(allow("*"))] },
      "Only one permissions boundary can be included in a simulation.",
    ],
    ["an owner that is no account", { ResourceOwner: "somebody" }, "Invalid resource owner: somebody"],
    [
      "a caller that is no principal",
      { CallerArn: CLUSTER },
      `Invalid Entity Arn: ${CLUSTER} does not clearly define entity type and name.`,
    ],
  ])("refuses %s", async (_what, input, message) => {
    await using api = await apiWorld();
    const command = new SimulateCustomPolicyCommand({ ActionNames: ["ecs:RunTask"], PolicyInputList: [policy(allow("*"))], ...input });
    await expect(api.client(IAMClient).send(command)).rejects.toMatchObject({
      name: "InvalidInputException",
      message: expect.stringContaining(message),
    });
  });
});

describe("SimulatePrincipalPolicy", () => {
  const BOB = "arn:aws:iam::123456789012:user/bob";

  test("looks at everything that a user has, and decides as the gateway does", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    const bob = api.client(IAMClient, "us-east-1", api.user("bob"));
    await iam.send(new CreateGroupCommand({ GroupName: "devs" }));
    await iam.send(new AddUserToGroupCommand({ GroupName: "devs", UserName: "bob" }));
    await iam.send(
      new PutGroupPolicyCommand({ GroupName: "devs", PolicyName: "of-group", PolicyDocument: policy(allow("iam:ListGroups")) }),
    );
    await iam.send(
      new PutUserPolicyCommand({
        UserName: "bob",
        PolicyName: "of-user",
        PolicyDocument: policy(allow("iam:ListUsers"), deny("iam:ListRoles")),
      }),
    );
    await iam.send(new AttachUserPolicyCommand({ UserName: "bob", PolicyArn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess" }));
    const ActionNames = ["iam:ListGroups", "iam:ListUsers", "iam:ListRoles", "iam:ListPolicies", "iam:CreateUser"];
    const { EvaluationResults } = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: BOB, ActionNames }));
    const told = EvaluationResults!.map(({ EvalActionName, EvalDecision, MatchedStatements }) => [
      EvalActionName,
      EvalDecision,
      MatchedStatements!.map(({ SourcePolicyId, SourcePolicyType }) => `${SourcePolicyType} ${SourcePolicyId}`),
    ]);
    expect(told).toEqual([
      ["iam:ListGroups", "allowed", ["aws-managed IAMReadOnlyAccess", "group of-group"]],
      ["iam:ListUsers", "allowed", ["user of-user", "aws-managed IAMReadOnlyAccess"]],
      ["iam:ListRoles", "explicitDeny", ["user of-user"]],
      ["iam:ListPolicies", "allowed", ["aws-managed IAMReadOnlyAccess"]],
      ["iam:CreateUser", "implicitDeny", []],
    ]);
    const outcome = (answer: Promise<unknown>) => answer.then(() => "allowed").catch((error: Error) => error.name);
    const commands = [new ListGroupsCommand({}), new ListUsersCommand({}), new ListRolesCommand({}), new ListPoliciesCommand({})];
    const tried = [...commands, new CreateUserCommand({ UserName: "x" })].map((command) => outcome(bob.send(command as ListUsersCommand)));
    expect(await Promise.all(tried)).toEqual(["allowed", "allowed", "AccessDenied", "allowed", "AccessDenied"]);
  });

  test("minds the user's boundary, or the one that is tried in its place", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    api.user("bob", JSON.parse(policy(allow("*"))) as object);
    await iam.send(
      new PutUserPermissionsBoundaryCommand({ UserName: "bob", PermissionsBoundary: "arn:aws:iam::aws:policy/IAMReadOnlyAccess" }),
    );
    const ask = { PolicySourceArn: BOB, ActionNames: ["iam:ListUsers", "ecs:RunTask"] };
    const outcome = async (input: object) =>
      (await iam.send(new SimulatePrincipalPolicyCommand({ ...ask, ...input }))).EvaluationResults!.map((one) => [
        one.EvalDecision,
        one.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary,
      ]);
    expect(await outcome({})).toEqual([
      ["allowed", true],
      ["implicitDeny", false],
    ]);
    expect(await outcome({ PermissionsBoundaryPolicyInputList: [policy(allow("ecs:*"))] })).toEqual([
      ["implicitDeny", false],
      ["allowed", true],
    ]);
  });

  test("takes a resource's policy and the user's own keys into account", async () => {
    await using api = await apiWorld();
    const iam = api.client(IAMClient);
    api.user("bob", JSON.parse(policy(allow("iam:ListAccessKeys", "arn:aws:iam::*:user/${aws:username}"))) as object);
    const ResourcePolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: BOB }, Action: "ecr:BatchGetImage" }],
    });
    const ask = { PolicySourceArn: BOB, ActionNames: ["ecr:BatchGetImage", "iam:ListAccessKeys"], ResourceArns: [REPOSITORY, BOB] };
    const { EvaluationResults } = await iam.send(new SimulatePrincipalPolicyCommand({ ...ask, ResourcePolicy }));
    expect(EvaluationResults!.map(({ EvalDecision }) => EvalDecision)).toEqual(["allowed", "allowed", "implicitDeny", "allowed"]);
    expect(EvaluationResults![0]!.MatchedStatements).toMatchObject([{ SourcePolicyId: "ResourcePolicy", SourcePolicyType: "resource" }]);
    expect(EvaluationResults![3]!.MissingContextValues).toEqual([]);
  });

  test.each([
    [
      "somebody who is not there",
      "arn:aws:iam::123456789012:user/none",
      "NoSuchEntityException",
      "The user with name none cannot be found.",
    ],
    [
      "something that has no policies",
      "arn:aws:iam::123456789012:policy/x",
      "InvalidInputException",
      "Invalid Entity Arn: arn:aws:iam::123456789012:policy/x does not clearly define entity type and name.",
    ],
  ])("refuses %s", async (_what, PolicySourceArn, name, message) => {
    await using api = await apiWorld();
    const command = new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ["ecs:RunTask"] });
    await expect(api.client(IAMClient).send(command)).rejects.toMatchObject({ name, message });
  });
});

test("the command line simulates, and tells the keys that policies ask for", { timeout: 60_000 }, async () => {
  await using api = await apiWorld();
  api.user(
    "bob",
    JSON.parse(policy(allow("ecs:RunTask", "*", { Condition: { StringEquals: { "aws:RequestTag/team": "${aws:username}" } } }))) as object,
  );
  const told = await api.aws(
    ..."iam simulate-principal-policy --policy-source-arn arn:aws:iam::123456789012:user/bob --action-names ecs:RunTask".split(" "),
    ..."--context-entries ContextKeyName=aws:RequestTag/team,ContextKeyValues=bob,ContextKeyType=string".split(" "),
    ..."--query EvaluationResults[0].EvalDecision --output text".split(" "),
  );
  expect(told).toMatchObject({ code: 0, stdout: "allowed\n" });
  const iam = api.client(IAMClient);
  const keys = await iam.send(new GetContextKeysForPrincipalPolicyCommand({ PolicySourceArn: "arn:aws:iam::123456789012:user/bob" }));
  expect(keys.ContextKeyNames).toEqual(["aws:RequestTag/team", "aws:username"]);
  const custom = new GetContextKeysForCustomPolicyCommand({
    PolicyInputList: [policy(allow("s3:*", "arn:aws:s3:::home/${aws:userid}/*"))],
  });
  expect((await iam.send(custom)).ContextKeyNames).toEqual(["aws:userid"]);
  await expect(iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList: ["{}"] }))).rejects.toMatchObject({
    name: "InvalidInputException",
  });
});
