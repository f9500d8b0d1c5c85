import { expect, test, vi } from "vitest";
import { newDeployment } from "../../decide/rollout/new-deployment.ts";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { clusters, services, taskDefinitions, tasks, type ClusterRecord, type ServiceRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { definitionRecord, putTask, taskRecord } from "../../testing/task-record.ts";
import { carryOut } from "./carry-out.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
const CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/c";

/** A service whose deployment `d` has three tasks, of which one has stopped. */
function world() {
  const state = new JournaledState(memoryJournal());
  const definition = definitionRecord();
  const strategy = [
    { capacityProvider: "FARGATE", base: 1, weight: 1 },
    { capacityProvider: "FARGATE_SPOT", weight: 3 },
  ];
  const deployment = {
    ...newDeployment("d", definition.arn, 9, 0),
    launchType: "FARGATE",
    loadBalancers: [],
    capacityProviderStrategy: strategy,
  };
  const service = {
    ...SCOPE,
    arn: SERVICE,
    name: "web",
    clusterArn: CLUSTER,
    deployments: [deployment],
    events: [],
    propagateTags: "NONE",
  };
  state.commit(() => {
    state.table(clusters).put({ ...SCOPE, arn: CLUSTER, name: "c" } as ClusterRecord);
    state.table(taskDefinitions).put(definition);
    state.table(services).put(service as unknown as ServiceRecord);
  });
  for (const [digit, lastStatus] of [
    ["1", "RUNNING"],
    ["2", "RUNNING"],
    ["3", "STOPPED"],
  ] as const)
    putTask(
      state,
      taskRecord(digit.repeat(32), { serviceArn: SERVICE, deploymentId: "d", lastStatus, stopCode: "UserInitiated" }),
      definition,
    );
  const start = (count: number): void =>
    carryOut(
      state,
      SERVICE,
      Array.from({ length: count }, () => ({ kind: "start-task", deploymentId: "d", replacesUnhealthy: false })),
      ids,
      1,
    );
  const started = () => [...state.table(tasks).values()].filter(({ createdAt }) => createdAt === 1);
  return { state, start, started };
}

test("capacity providers go on from the tasks that the deployment has, also over several plans", () => {
  const { start, started } = world();
  const providers = (): string[] => started().map(({ capacityProviderName = "" }) => capacityProviderName);
  start(2);
  expect(providers()).toEqual(["FARGATE_SPOT", "FARGATE_SPOT"]);
  start(4);
  // One is the base, the second of four by weight; of the next ones each fourth is again the first provider's.
  expect(providers().toSorted()).toEqual(["FARGATE", ...Array.from({ length: 5 }, () => "FARGATE_SPOT")]);
});

test("what a plan's tasks have in common is looked up once, and each event names ten of them", () => {
  const { state, start, started } = world();
  const looks = [vi.spyOn(state.table(tasks), "by"), vi.spyOn(state.table(taskDefinitions), "get"), vi.spyOn(state.table(clusters), "get")];
  start(25);
  expect(looks.map((look) => look.mock.calls.length)).toEqual([1, 1, 1]);
  expect(started()).toHaveLength(25);
  const events = state.table(services).get(SERVICE)?.events ?? [];
  expect(events.map(({ message }) => /has started (\d+) tasks/.exec(message)?.[1])).toEqual(["5", "10", "10"]);
});

test("a deployment that cannot start tasks says so once", () => {
  const { state, start, started } = world();
  state.commit(() => state.table(clusters).delete(CLUSTER));
  const put = vi.spyOn(state.table(services), "put");
  start(25);
  expect(started()).toEqual([]);
  expect(put).toHaveBeenCalledTimes(1);
  expect(state.table(services).get(SERVICE)?.deployments[0]?.placementFailure?.reason).toContain("its cluster is gone");
});
