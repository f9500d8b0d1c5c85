import { CreateServiceCommand } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { tasks } from "../../state/ecs.ts";
import { ecsWorld } from "../../testing/ecs-world.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { serviceLoop } from "./service-loop.ts";

const MANAGED = [
  { key: "aws:ecs:clusterName", value: "default" },
  { key: "aws:ecs:serviceName", value: "tagged" },
];

test.each([
  [true, MANAGED],
  [false, []],
])("with enableECSManagedTags %s the tasks of a service carry the tags %j of ECS", async (enableECSManagedTags, expected) => {
  await using world = await ecsWorld();
  const { state, platform } = world;
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const clock = new ManualClock(platform.clock.now());
  await using _loop = serviceLoop({ state, clock, ids: platform.ids, logger });
  await world.ecs.send(new CreateServiceCommand({ serviceName: "tagged", taskDefinition: "host", desiredCount: 1, enableECSManagedTags }));
  await clock.settled();
  expect([...state.table(tasks).values()].map(({ tags }) => tags)).toEqual([expected]);
});
