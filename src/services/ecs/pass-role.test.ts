import { CreateServiceCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import {
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCreationTemplateCommand,
  ECRClient,
  type RCTAppliedFor,
} from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { namedRole } from "../../authorization/named-role.ts";
import { roleForTasks } from "../../authorization/task-roles.ts";
import { pullThroughRules } from "../../state/ecr-pull-through.ts";
import { creationTemplates } from "../../state/ecr-creation-templates.ts";
import { services, taskDefinitions, tasks } from "../../state/ecs.ts";
import type { Keys } from "../../testing/api-world.ts";
import { ecsWorld, SCOPE, type EcsWorld } from "../../testing/ecs-world.ts";
import { putRole } from "../../testing/role-record.ts";

const ADMIN = "arn:aws:iam::123456789012:role/AdminTask";
const DEEP = "arn:aws:iam::123456789012:role/team/DeepAdmin";
const SERVICES = ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com", "ecr.amazonaws.com", "pullthroughcache.ecr.amazonaws.com"];
const TRUST = [{ Effect: "Allow", Principal: { Service: SERVICES }, Action: "sts:AssumeRole" }];

let world: EcsWorld;
let keys: Keys;
beforeEach(async () => {
  world = await ecsWorld();
  putRole(world.platform, { name: "AdminTask", trust: TRUST });
  putRole(world.platform, { name: "DeepAdmin", path: "/team/", trust: TRUST });
  keys = world.user("mallory", {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["ecs:*", "ecr:*", "iam:PassRole"], Resource: "*" },
      { Effect: "Deny", Action: "iam:PassRole", Resource: [ADMIN, DEEP] },
    ],
  });
});
afterEach(() => world[Symbol.asyncDispose]());

/** Ways to write the roles, or nearly so. */
const TEXTS = [
  ADMIN,
  DEEP,
  "AdminTask",
  "DeepAdmin",
  "/AdminTask",
  "/team/DeepAdmin",
  "ADMINTASK",
  "admintask",
  "arn:x/AdminTask",
  "x/AdminTask",
  "arn:aws:iam::123456789012:/AdminTask",
  "ARN:aws:iam::123456789012:role/AdminTask",
  "arn:aws:iam::123456789012:role//AdminTask",
  "arn:aws:iam::123456789012:role/x/AdminTask",
  "arn:aws:iam::123456789012:role/DeepAdmin",
  "arn:aws:iam::123456789012:role/admintask",
  "arn:aws-cn:iam::123456789012:role/AdminTask",
  "arn:aws:iam:us-east-1:123456789012:role/AdminTask",
  "arn:aws:ecs:us-east-1:123456789012:role/AdminTask",
  ` ${ADMIN}`,
  `${ADMIN} `,
  `${ADMIN}\n`,
];

/** Ways to hand a role on. Each gives the texts that were kept, which somebody may take on later. */
const WAYS: Readonly<Record<string, (text: string) => Promise<readonly (string | undefined)[]>>> = {
  async "a task role at registration"(taskRoleArn) {
    await register({ taskRoleArn });
    return [...world.state.table(taskDefinitions).values()].map(({ definition }) => definition.taskRoleArn);
  },
  async "an execution role at registration"(executionRoleArn) {
    await register({ executionRoleArn });
    return [...world.state.table(taskDefinitions).values()].map(({ definition }) => definition.executionRoleArn);
  },
  async "a task role of a run"(taskRoleArn) {
    await run({ taskRoleArn });
    return [...world.state.table(tasks).values()].map(({ overrides }) => overrides.taskRoleArn);
  },
  async "an execution role of a run"(executionRoleArn) {
    await run({ executionRoleArn });
    return [...world.state.table(tasks).values()].map(({ overrides }) => overrides.executionRoleArn);
  },
  async "a definition that an earlier version took"(taskRoleArn) {
    const table = world.state.table(taskDefinitions);
    const [web] = [...table.values()].filter(({ family }) => family === "web");
    world.state.commit(() => table.put({ ...web!, definition: { ...web!.definition, taskRoleArn } }));
    await run({});
    return [...world.state.table(tasks).values()].map(() => taskRoleArn);
  },
  async "a service's role"(role) {
    await ecs().send(new CreateServiceCommand({ serviceName: "s", taskDefinition: "host", desiredCount: 0, role }));
    return [...world.state.table(services).values()].map((service) => service.roleArn);
  },
  async "a rule's role"(customRoleArn) {
    const rule = { ecrRepositoryPrefix: "pub", upstreamRegistryUrl: "public.ecr.aws", customRoleArn };
    await world.client(ECRClient, "us-east-1", keys).send(new CreatePullThroughCacheRuleCommand(rule));
    return [...world.state.table(pullThroughRules).values()].map((one) => one.customRoleArn);
  },
  async "a template's role"(customRoleArn) {
    const appliedFor: RCTAppliedFor[] = ["PULL_THROUGH_CACHE"];
    await world
      .client(ECRClient, "us-east-1", keys)
      .send(new CreateRepositoryCreationTemplateCommand({ prefix: "pub", appliedFor, customRoleArn }));
    return [...world.state.table(creationTemplates).values()].map((one) => one.customRoleArn);
  },
};

const ecs = (): ECSClient => world.client(ECSClient, "us-east-1", keys);
const register = (roles: object): Promise<unknown> =>
  ecs().send(
    new RegisterTaskDefinitionCommand({ family: "mine", containerDefinitions: [{ name: "c", image: "nginx", memory: 64 }], ...roles }),
  );
const run = (overrides: object): Promise<unknown> =>
  ecs().send(new RunTaskCommand({ taskDefinition: "web", launchType: "FARGATE", networkConfiguration: world.awsvpc, overrides }));

describe.each(Object.entries(WAYS))("%s that its bearer may not pass is not handed on, however it is written", (_way, hand) => {
  test.each(TEXTS)("%j", async (text) => {
    const kept = await hand(text).then(
      (texts) => texts.filter((one) => one !== undefined),
      (refusal: Error) => {
        expect(refusal.name).toMatch(/^(AccessDenied|Client|InvalidParameter|Validation)Exception$/);
        return [];
      },
    );
    for (const one of kept) {
      expect(namedRole(world.state, SCOPE.account, one).kind, `${one} was kept`).toBe("absent");
      expect(roleForTasks({ state: world.state, now: 0 }, one, SCOPE)).toHaveProperty("failure");
    }
    expect(world.defects).toEqual([]);
  });
});

test("RunTask keeps the ARN of a role that an override names by its name", async () => {
  const { arn } = putRole(world.platform, { name: "app", path: "/team/", trust: TRUST });
  await run({ taskRoleArn: "app" });
  expect([...world.state.table(tasks).values()]).toMatchObject([{ overrides: { taskRoleArn: arn } }]);
});

describe("RegisterTaskDefinition", () => {
  test.each(["arn:x/AdminTask", "nobody", "arn:aws:ecs:us-east-1:123456789012:cluster/c", "arn:aws:iam::123456789012:role//x"])(
    "says that %j is no role",
    async (taskRoleArn) => {
      await expect(register({ taskRoleArn })).rejects.toMatchObject({ name: "ClientException", message: "Role is not valid" });
      await expect(register({ executionRoleArn: taskRoleArn })).rejects.toMatchObject({ message: "Role is not valid" });
    },
  );

  test("keeps the ARN of a role that was named by its name, so that it means that role and no later one", async () => {
    const { arn } = putRole(world.platform, { name: "app", path: "/team/", trust: TRUST });
    await register({ taskRoleArn: "app", executionRoleArn: "/team/app" });
    const [mine] = [...world.state.table(taskDefinitions).values()].filter(({ family }) => family === "mine");
    expect(mine!.definition).toMatchObject({ taskRoleArn: arn, executionRoleArn: arn });
  });

  test("asks for the right to pass what a name means", async () => {
    const { arn } = putRole(world.platform, { name: "app", path: "/team/", trust: TRUST });
    const narrow = world.user("narrow", {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "ecs:*", Resource: "*" },
        { Effect: "Allow", Action: "iam:PassRole", Resource: arn },
      ],
    });
    const client = world.client(ECSClient, "us-east-1", narrow);
    const definition = { family: "n", containerDefinitions: [{ name: "c", image: "nginx", memory: 64 }] };
    await client.send(new RegisterTaskDefinitionCommand({ ...definition, taskRoleArn: "app" }));
    await expect(client.send(new RegisterTaskDefinitionCommand({ ...definition, taskRoleArn: "/app" }))).rejects.toThrow(
      "iam:PassRole on resource: arn:aws:iam::123456789012:role/app",
    );
  });
});

test("a role's tags speak for that role, and for none whose ARN is nearly its own", async () => {
  const { arn } = putRole(world.platform, { name: "app", trust: TRUST, tags: [{ Key: "team", Value: "red" }] });
  const red = { Condition: { StringEquals: { "aws:ResourceTag/team": "red" } } };
  const keys = world.user("red", {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "ecs:*", Resource: "*" },
      { Effect: "Allow", Action: "iam:PassRole", Resource: "*", ...red },
    ],
  });
  const definition = { family: "red", containerDefinitions: [{ name: "c", image: "nginx", memory: 64 }] };
  const client = world.client(ECSClient, "us-east-1", keys);
  await client.send(new RegisterTaskDefinitionCommand({ ...definition, taskRoleArn: arn }));
  for (const nearly of [arn.replace("role/", "role/x/"), arn.replace("app", "APP"), arn.replace("arn:aws", "arn:aws-cn")])
    await expect(client.send(new RegisterTaskDefinitionCommand({ ...definition, taskRoleArn: nearly }))).rejects.toThrow(
      `iam:PassRole on resource: ${nearly}`,
    );
});

test("CreateService takes only a role that ECS can assume", async () => {
  putRole(world.platform, { name: "tasks", trust: [{ ...TRUST[0], Principal: { Service: "ecs-tasks.amazonaws.com" } }] });
  const input = { serviceName: "s", taskDefinition: "host", desiredCount: 0 };
  for (const role of ["nobody", "tasks"])
    await expect(world.ecs.send(new CreateServiceCommand({ ...input, role }))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: /^Unable to assume role and validate the listeners configured on your load balancer\./,
    });
  const { service } = await world.ecs.send(new CreateServiceCommand({ ...input, role: "DeepAdmin" }));
  expect(service!.roleArn).toBe(DEEP);
});
