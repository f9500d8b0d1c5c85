import { expect, test } from "vitest";
import { aService, aTask, NOW } from "../../testing/rollout-view.ts";
import { Judgements } from "./judgements.ts";

const service = aService({ targetGroupArns: [], settleSeconds: 40 });
const task = (name: string, ranMs: number) => aTask(name, "d", { lastStatus: "RUNNING", startedAt: NOW - ranMs });

test("only what changed is judged again: a task whose view is another, and one that time makes something else", () => {
  const tasks = [task("a", 60_000), task("b", 60_000), task("c", 60_000), task("d", 60_000), task("e", 10_000)];
  const judgements = new Judgements();
  const before = judgements.of(tasks, service, NOW);
  // Of the first five: one is gone, one is another, one has settled.
  const after = judgements.of(
    [tasks[1]!, { ...tasks[2]!, desiredStatus: "STOPPED" as const }, tasks[3]!, tasks[4]!],
    service,
    NOW + 30_000,
  );
  expect(after.map((one) => before.indexOf(one))).toEqual([1, -1, 3, -1]);
  expect(after.map(({ condition }) => condition.is)).toEqual(["healthy", "leaving", "healthy", "healthy"]);
});

test("where the service judges otherwise, or time goes back, all are judged again", () => {
  const tasks = [task("a", 60_000)];
  const judgements = new Judgements();
  const first = judgements.of(tasks, service, NOW);
  const strict = judgements.of(tasks, { ...service, settleSeconds: 90 }, NOW);
  expect([first[0]?.condition.is, strict[0]?.condition.is]).toEqual(["healthy", "starting"]);
  judgements.of(tasks, service, NOW);
  expect(judgements.of(tasks, service, NOW - 30_000)[0]?.condition.is).toBe("starting");
});
