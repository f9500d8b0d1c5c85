import { expect, test } from "vitest";
import { systemClock } from "../drivers/system/clock.ts";
import type { LogSink } from "../ports/task-runner.ts";
import { type FakeBehaviour, FakeTaskEngine, fakeTaskRunner } from "./fake-task-runner.ts";
import { follow, taskRunnerContract, taskSpec, type TaskRunnerWorld } from "./task-runner-contract.ts";

function fakeWorld(): Promise<TaskRunnerWorld & { readonly engine: FakeTaskEngine }> {
  const engine = new FakeTaskEngine(systemClock);
  const stored = new Map<string, string[]>();
  const positions = new Map<string, string>();
  const logSink: LogSink = {
    begin({ stream }) {
      stored.set(stream, stored.get(stream) ?? []);
      return Promise.resolve();
    },
    write({ stream }, lines, position) {
      // What was not begun has no place.
      const known = stored.get(stream);
      if (known) stored.set(stream, [...known, ...lines.map(({ message }) => message)]);
      positions.set(stream, position);
      return Promise.resolve();
    },
    resumeFrom: ({ stream }) => Promise.resolve(positions.get(stream)),
  };
  let runner = fakeTaskRunner({ engine, clock: systemClock, logSink });
  let count = 0;
  return Promise.resolve({
    engine,
    runner: () => runner,
    program({ prints, exits, stubborn, healthy, image, executable }) {
      const reference = `image-${(count += 1)}`;
      const behaviour: FakeBehaviour = {
        ...(prints && { prints }),
        ...(exits !== undefined && { exits: { afterMs: 1, code: exits } }),
        ...(healthy && { health: [{ afterMs: 1, status: "HEALTHY" as const }] }),
        ...(image === "missing" && { pullError: "manifest unknown" }),
        ...(executable === "missing" && { startError: "exec: no such file or directory" }),
        onTerm: stubborn ? "ignores" : { afterMs: 1, code: 0 },
      };
      engine.script(reference, behaviour);
      return { image: reference, pullReference: reference };
    },
    network: () => ({ mode: "awsvpc", vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: `10.0.1.${(count += 1)}`, hostname: "task" }),
    id: () => `task${(count += 1)}`,
    begun: (stream) => stored.has(stream),
    lines: (stream) => stored.get(stream) ?? [],
    async crash() {
      await runner.close();
      runner = fakeTaskRunner({ engine, clock: systemClock, logSink });
      return runner;
    },
    kill({ taskArn, name }) {
      engine.exit(taskArn, name, 137);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => runner.close(),
  });
}

taskRunnerContract("the fake", fakeWorld);

test("a slow pull keeps the task pulling, and health can be changed by hand", async () => {
  const world = await fakeWorld();
  world.engine.script("slow", { pullMs: 30 });
  const spec = taskSpec(world, [{ image: "slow", pullReference: "slow" }]);
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  expect((await task.until("pulling")).pullStoppedAt).toBeUndefined();
  const running = await task.until("running");
  expect(running.pullStoppedAt! - running.pullStartedAt!).toBeGreaterThanOrEqual(29);
  world.engine.setHealth(spec.taskArn, "app", "UNHEALTHY");
  expect((await task.until((seen) => seen.containers[0]?.health === "UNHEALTHY")).phase).toBe("running");
});
