import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { newDeployment } from "../../decide/rollout/new-deployment.ts";
import { services } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { balancedCluster, putService } from "../../testing/balanced-cluster.ts";
import { taskRecord } from "../../testing/task-record.ts";
import { tellService } from "./tell-service.ts";

const HOUR = 3_600_000;
const barred = { code: "NO_ROUTE_TO_DESTINATION", component: "rtb-1", text: "the route table rtb-1 has no route", remedy: "make one" };

test("a service hears once an hour of each thing that is in its tasks' way, and what mends it", () => {
  const state = new JournaledState(memoryJournal());
  const deployment = { ...newDeployment("ecs-svc/1", "d", 1, 0), updatedAt: 0, launchType: "FARGATE" as const, loadBalancers: [] };
  const { arn } = putService(state, balancedCluster("web"), {
    arn: "arn:aws:ecs:us-east-1:123456789012:service/web/web",
    name: "web",
    deployment,
    now: 0,
  });
  const task = taskRecord("0".repeat(32), { serviceArn: arn });
  const told = (): readonly string[] =>
    state
      .table(services)
      .get(arn)!
      .events.map(({ message }) => message);
  tellService(state, task, barred, ids, 1);
  const said = `(service web) (task ${task.id}) has in its way NO_ROUTE_TO_DESTINATION at rtb-1: the route table rtb-1 has no route. To mend it: make one.`;
  expect(told()).toEqual([said]);
  tellService(state, { ...task, id: "1".repeat(32) }, barred, ids, HOUR);
  expect(told()).toEqual([said]);
  tellService(state, task, { ...barred, component: "rtb-2" }, ids, HOUR);
  tellService(state, task, barred, ids, HOUR + 1);
  expect(told()).toHaveLength(3);
});

test("a task of no service is told of to nobody", () => {
  const state = new JournaledState(memoryJournal());
  expect(() => tellService(state, taskRecord("0".repeat(32)), barred, ids, 1)).not.toThrow();
});
