import { CreateServiceCommand, RegisterTaskDefinitionCommand, RunTaskCommand } from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serviceLoop } from "../../control/services/service-loop.ts";
import { services, tasks } from "../../state/ecs.ts";
import type { TableDefinition } from "../../state/table.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { ecsWorld, type EcsWorld } from "../../testing/ecs-world.ts";
import { putRole, trustOf } from "../../testing/roles.ts";

const ROLE = "arn:aws:iam::123456789012:role/app";
const CANNOT = `ECS was unable to assume the role '${ROLE}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`;

let world: EcsWorld;
beforeEach(async () => void (world = await ecsWorld()));
afterEach(() => world[Symbol.asyncDispose]());

async function register(roles: { readonly taskRoleArn?: string; readonly executionRoleArn?: string }, image = "nginx"): Promise<void> {
  const containerDefinitions = [{ name: "app", image, memory: 64 }];
  const fargate = { requiresCompatibilities: ["FARGATE" as const], networkMode: "awsvpc" as const, cpu: "256", memory: "512" };
  await world.ecs.send(new RegisterTaskDefinitionCommand({ family: "app", containerDefinitions, ...fargate, ...roles }));
}

const run = (overrides: object = {}): Promise<object> =>
  world.ecs.send(new RunTaskCommand({ taskDefinition: "app", launchType: "FARGATE", networkConfiguration: world.awsvpc, overrides }));

describe("RunTask refuses a role that ECS cannot assume, and starts nothing", () => {
  test.each([
    ["an execution role that is not there", { executionRoleArn: ROLE }, {}],
    ["a task role that is not there", { taskRoleArn: ROLE }, {}],
    ["one that an override names", {}, { taskRoleArn: ROLE }],
  ])("%s", async (_what, roles, overrides) => {
    await register(roles);
    await expect(run(overrides)).rejects.toMatchObject({ name: "ClientException", message: CANNOT });
    expect([...world.state.table(tasks).values()]).toEqual([]);
  });

  test("one that trusts another service; and not one that trusts tasks", async () => {
    await register({ taskRoleArn: ROLE });
    putRole(world.state, "app", { trust: trustOf("ec2.amazonaws.com") });
    await expect(run()).rejects.toMatchObject({ message: CANNOT });
    putRole(world.state, "app");
    expect(await run()).toMatchObject({ tasks: [{ lastStatus: "PROVISIONING" }] });
  });
});

/** Resolves when some record of a table is so. */
function becomes<R extends object, I extends string>(table: TableDefinition<R, I>, is: (record: R) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watching = world.state.watch(table, ({ after }) => {
      if (after === undefined || !is(after)) return;
      watching[Symbol.dispose]();
      resolve();
    });
  });
}

test("a service with such a role launches nothing, says why, and goes on once the role is there", async () => {
  await register({ executionRoleArn: ROLE });
  await world.ecs.send(
    new CreateServiceCommand({
      serviceName: "web",
      taskDefinition: "app",
      desiredCount: 1,
      launchType: "FARGATE",
      networkConfiguration: world.awsvpc,
    }),
  );
  const { state, platform } = world;
  const clock = new ManualClock(platform.clock.now());
  const errors: string[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: (message: string) => void errors.push(message) };
  const told = becomes(services, ({ events }) =>
    events.some(({ message }) => message === `(service web) failed to launch a task with (error ${CANNOT}).`),
  );
  await using _loop = serviceLoop({ state, clock, ids: platform.ids, logger });
  await told;
  expect([...state.table(tasks).values()]).toEqual([]);
  const started = becomes(tasks, () => true);
  putRole(state, "app");
  clock.advance(60_000);
  await started;
  expect(errors).toEqual([]);
});

test.each(["localhost:4566/app:v1", "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v1"])(
  "a Fargate definition with the image %s needs an execution role",
  async (image) => {
    await expect(register({}, image)).rejects.toMatchObject({
      name: "ClientException",
      message: "Fargate requires task definition to have execution role ARN to support ECR images.",
    });
    await register({ executionRoleArn: ROLE }, image);
  },
);
