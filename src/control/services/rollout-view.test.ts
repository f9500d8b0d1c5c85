import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { services, tasks, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { targets } from "../../state/elb.ts";
import { registerTarget } from "../../state/elb-targets.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { putTask, taskRecord } from "../../testing/task-record.ts";
import { RolloutViews } from "./rollout-view.ts";

const SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
const GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef";

function world() {
  const state = new JournaledState(memoryJournal());
  const service = { arn: SERVICE, account: "123456789012", region: "us-east-1", deployments: [], loadBalancers: [] } as unknown;
  state.commit(() => state.table(services).put(service as ServiceRecord));
  const put = (digit: string, changes: Partial<TaskRecord> = {}): TaskRecord =>
    putTask(state, taskRecord(digit.repeat(32), { serviceArn: SERVICE, deploymentId: "d", ...changes }));
  const views = new RolloutViews(state);
  const view = () => views.of(state.table(services).get(SERVICE) as ServiceRecord, 0).tasks;
  return { state, put, view };
}

test("only the tasks that changed, or whose target did, are looked at anew", () => {
  const { state, put, view } = world();
  const target = { targetGroupArn: GROUP, targetId: "10.0.0.1", port: 80 };
  put("1");
  put("2");
  put("3", { targets: [target] });
  const before = view();
  const change = (): unknown =>
    state.commit(() => {
      state.table(tasks).update(before[1]?.arn ?? "", (task) => ({ ...task, lastStatus: "DEACTIVATING" }));
      registerTarget(state, { targetGroupArn: GROUP, id: "10.0.0.1", port: 80, now: 0 });
    });
  change();
  const after = view();
  expect(after[0]).toBe(before[0]);
  expect(after[1]).toMatchObject({ arn: before[1]?.arn, lastStatus: "DEACTIVATING" });
  expect(after[2]?.targets).toMatchObject([{ state: "unused" }]);
  state.commit(() => state.table(targets).update(`${GROUP}|10.0.0.1|80`, (one) => ({ ...one, health: { state: "healthy" } })));
  expect(view()[2]?.targets).toMatchObject([{ state: "healthy" }]);
  expect(view()[1]).toBe(after[1]);
});

test.each([
  ["was stopped by the scheduler", { stopCode: "ServiceSchedulerInitiated" }, false],
  ["was stopped by a person", { stopCode: "UserInitiated" }, false],
  ["failed, and was counted", { stopCode: "TaskFailedToStart", failureCounted: true }, false],
  ["ended after it had been healthy", { stopCode: "EssentialContainerExited", healthySeen: true }, false],
  ["failed, and is not counted yet", { stopCode: "TaskFailedToStart" }, true],
  ["ended, and nobody saw it healthy", { stopCode: "EssentialContainerExited" }, true],
] as const)("a stopped task that %s", (_, changes, isSeen) => {
  const { put, view } = world();
  put("1", { ...changes, lastStatus: "STOPPED", desiredStatus: "STOPPED" });
  expect(view()).toHaveLength(isSeen ? 1 : 0);
});
