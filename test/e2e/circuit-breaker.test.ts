import { DescribeTasksCommand, ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { CLUSTER, SERVICE, webService } from "../../src/testing/web-service.ts";

test("a version whose health check fails is rolled back, and the old tasks are never touched", { timeout: 300_000 }, async () => {
  await using airfield = await airfieldProcess();
  const deploymentConfiguration = {
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    deploymentCircuitBreaker: { enable: true, rollback: true },
  };
  await using web = await webService(airfield, { deploymentConfiguration });
  const good = await web.publish("good");
  const bad = await web.publish("bad", { sick: true });
  await web.deploy(good);
  await web.stable();
  const before = await runningTasks(airfield);

  await web.deploy(bad);
  const failed = (await web.describe()).deployments?.[0]?.id;
  for (;;) {
    const { deployments = [] } = await web.describe();
    if (deployments.length === 1 && deployments[0]?.rolloutState === "COMPLETED") break;
    expect(await web.get()).toContain("good");
    await pause(200);
  }
  const service = await web.describe();
  expect(service.taskDefinition).toBe(good);
  expect(await runningTasks(airfield)).toEqual(before);
  const messages = (service.events ?? []).map(({ message }) => message ?? "");
  expect(messages.filter((message) => message.includes("is unhealthy in (target-group"))).not.toEqual([]);
  expect(messages).toContainEqual(expect.stringContaining(`(deployment ${failed ?? ""}) deployment failed: tasks failed to start.`));
  expect(messages).toContainEqual(expect.stringContaining("rolling back to deployment"));
  expect(messages[0]).toContain("has reached a steady state.");
});

/** The tasks with the time they were started. */
async function runningTasks(airfield: AirfieldProcess): Promise<readonly string[]> {
  const ecs = airfield.client(ECSClient);
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: CLUSTER, serviceName: SERVICE }));
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }));
  return tasks.map(({ taskArn, startedAt }) => `${taskArn ?? ""} ${String(startedAt?.getTime())}`).sort();
}
