import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { systemIds as ids } from "../../drivers/system/ids.ts";
import { defaultNetwork } from "../../state/default-vpc.ts";
import { networkAcls } from "../../state/ec2-network-acls.ts";
import { services, tasks, type ContainerRecord } from "../../state/ecs.ts";
import { securityGroups, type SecurityGroupRuleRecord } from "../../state/ec2.ts";
import { placeInterfaces } from "../../state/elb-interfaces.ts";
import { listeners, loadBalancers, targetGroups, targetKey, targets, type TargetRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { balancerRecord, groupRecord, listenerRecord } from "../../testing/balancer-records.ts";
import { definitionRecord, interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { newDeployment } from "../../decide/rollout/new-deployment.ts";
import { balancedCluster, putService } from "../../testing/balanced-cluster.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { unreachedTargets } from "./unreached-targets.ts";
import { explainServices } from "./explain-service.ts";
import { explainTarget } from "./explain-target.ts";
import { explainTask } from "./explain-task.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
const ID = "0".repeat(32);
const OPEN: SecurityGroupRuleRecord = {
  id: "sgr-1",
  isEgress: true,
  ipProtocol: "-1",
  fromPort: -1,
  toPort: -1,
  cidrIpv4: "0.0.0.0/0",
  tags: [],
};
const from = (group: string): SecurityGroupRuleRecord => ({
  ...{ id: "sgr-2", isEgress: false, ipProtocol: "tcp", fromPort: 8080, toPort: 8080, tags: [] },
  referencedGroupId: group,
});
const web: SecurityGroupRuleRecord = {
  id: "sgr-3",
  isEgress: false,
  ipProtocol: "tcp",
  fromPort: 80,
  toPort: 80,
  cidrIpv4: "0.0.0.0/0",
  tags: [],
};

/** A load balancer in one zone, and a task in another one behind it. */
function world() {
  const state = new JournaledState(memoryJournal());
  const { vpc, subnets } = defaultNetwork(state, ids, SCOPE, 0);
  const group = (id: string, rules: readonly SecurityGroupRuleRecord[]) =>
    state.commit(() => state.table(securityGroups).put({ ...SCOPE, id, name: id, description: "", vpcId: vpc.id, rules, tags: [] }));
  group("sg-alb", [web, OPEN]);
  group("sg-app", [from("sg-alb"), OPEN]);
  const targetGroup = groupRecord({ targetType: "ip", vpcId: vpc.id });
  const balancer = balancerRecord({ vpcId: vpc.id, securityGroups: ["sg-alb"] });
  const listener = listenerRecord({ defaultActions: [{ Type: "forward", TargetGroupArn: targetGroup.arn }] });
  const target: TargetRecord = {
    ...{ targetGroupArn: targetGroup.arn, id: "172.31.0.9", port: 8080, address: "172.31.0.9", addressPort: 8080, registeredAt: 0 },
    health: { state: "healthy" },
  };
  state.commit(() => {
    state.table(targetGroups).put(targetGroup);
    state.table(loadBalancers).put(balancer);
    state.table(listeners).put(listener);
    state.table(targets).put(target);
    placeInterfaces(state, ids, balancer, [{ subnet: subnets[1]! }], 0);
  });
  const networkInterface = { ...interfaceOf("172.31.0.9"), vpcId: vpc.id, subnetId: subnets[0]!.id, securityGroups: ["sg-app"] };
  putTask(
    state,
    taskRecord(ID, { networkInterface, targets: [{ targetGroupArn: targetGroup.arn, targetId: "172.31.0.9", port: 8080 }] }),
    definitionRecord({ containerDefinitions: [{ name: "app", image: "localhost:5000/app" }] }),
  );
  const parts = { state, clock: new ManualClock(), ids, homeOf: () => undefined };
  return {
    state,
    parts,
    group,
    listener,
    target,
    targetGroup,
    acl: state.table(networkAcls).by("default", vpc.id)[0]!,
    told: () => explainTask(parts, ID)!,
  };
}

test("a task that all is well with has its way told, and nothing in it", () => {
  const { told } = world();
  expect(told().steps.map(({ what, outcome }) => [what, outcome])).toEqual([
    ["clients to web:80", "passes"],
    ["web to 172.31.0.9:8080", "passes"],
    ["health in web", "passes"],
  ]);
  expect(told().inTheWay).toBeUndefined();
  expect(told().place).toMatchObject({ address: "172.31.0.9", securityGroups: ["sg-app"] });
});

test.each<
  [
    what: string,
    break_: (at: ReturnType<typeof world>) => void,
    step: string,
    code: string,
    component: (at: ReturnType<typeof world>) => string,
  ]
>([
  [
    "the task's group lets another group in",
    ({ group }) => group("sg-app", [from("sg-other"), OPEN]),
    "web to 172.31.0.9:8080",
    "ENI_SG_RULES_MISMATCH",
    () => "sg-app",
  ],
  [
    "the load balancer's group lets nobody in",
    ({ group }) => group("sg-alb", [OPEN]),
    "clients to web:80",
    "SG_HAS_NO_RULES",
    () => "sg-alb",
  ],
  [
    "the load balancer's group lets nothing out",
    ({ group }) => group("sg-alb", [web]),
    "web to 172.31.0.9:8080",
    "SG_HAS_NO_RULES",
    () => "sg-alb",
  ],
  [
    "the network ACL denies it",
    ({ state, acl }) => state.commit(() => state.table(networkAcls).put({ ...acl, entries: [] })),
    "clients to web:80",
    "SUBNET_ACL_RESTRICTION",
    ({ acl }) => acl.id,
  ],
  [
    "no listener forwards there",
    ({ state, listener }) => state.commit(() => state.table(listeners).delete(listener.arn)),
    "a listener that forwards to web",
    "ELBV2_LISTENERS_MISMATCH",
    ({ targetGroup }) => targetGroup.arn,
  ],
  [
    "its health check fails",
    ({ state, target }) =>
      state.commit(() =>
        state.table(targets).put({
          ...target,
          health: {
            state: "unhealthy",
            reason: "Target.ResponseCodeMismatch",
            description: "Health checks failed with these codes: [503]",
          },
        }),
      ),
    "health in web",
    "Target.ResponseCodeMismatch",
    ({ targetGroup }) => targetGroup.arn,
  ],
])("where %s, that is named", (_what, break_, step, code, component) => {
  const at = world();
  break_(at);
  const { inTheWay, steps } = at.told();
  expect(inTheWay).toMatchObject({ code, component: component(at) });
  expect(steps.find(({ outcome }) => outcome === "barred")?.what).toBe(step);
  expect(inTheWay?.remedy).toBeTruthy();
});

test("a task that stopped while nothing is in its way now stopped for what it says, and one that is not there is not told of", () => {
  const { state, parts } = world();
  putTask(
    state,
    taskRecord("1".repeat(32), {
      networkMode: "bridge",
      lastStatus: "STOPPED",
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
    }),
  );
  expect(explainTask(parts, "1".repeat(32))).toMatchObject({
    steps: [],
    inTheWay: { code: "EssentialContainerExited", text: "Essential container in task exited" },
  });
  expect(explainTask(parts, "2".repeat(32))).toBeUndefined();
});

test("an image that runs and came from no registry needs no way, and one that a registry gave has its way told", () => {
  const { state, parts } = world();
  const task = state.table(tasks).by("id", ID)[0]!;
  const runs = (image: Partial<ContainerRecord>) => {
    const [app] = taskRecord(ID).containers;
    putTask(
      state,
      { ...task, launchType: "FARGATE", containers: [{ ...app!, name: "app", runtimeId: "1", ...image }] },
      definitionRecord({ containerDefinitions: [{ name: "app", image: "hub/app" }] }),
    );
    return explainTask(parts, ID)?.steps.map(({ what }) => what)[0];
  };
  expect(runs({})).toBe("clients to web:80");
  expect(runs({ imageDigest: "sha256:1" })).toBe("the manifest of docker.io/hub/app:latest, by registry-1.docker.io");
});

test("a service is told once what keeps its load balancer from an unhealthy target of its", async () => {
  const { state, group, target } = world();
  const deployment = { ...newDeployment("ecs-svc/1", "d", 1, 0), updatedAt: 0, launchType: "FARGATE" as const, loadBalancers: [] };
  const service = { arn: "arn:aws:ecs:us-east-1:123456789012:service/c/web", name: "web", deployment, now: 0 };
  const { arn } = putService(state, balancedCluster("c"), service);
  state.commit(() => state.table(tasks).update(state.table(tasks).by("id", ID)[0]!.arn, (task) => ({ ...task, serviceArn: arn })));
  const clock = new ManualClock();
  const logger = { info: () => undefined, warn: () => undefined, error: (...told: unknown[]) => expect.unreachable(JSON.stringify(told)) };
  await using _loop = unreachedTargets({ state, clock, logger, ids });
  const events = (): readonly string[] =>
    state
      .table(services)
      .get(arn)!
      .events.map(({ message }) => message);
  const unhealthy = {
    ...target,
    health: { state: "unhealthy" as const, reason: "Target.Timeout" as const, description: "Request timed out" },
  };
  state.commit(() => state.table(targets).put(unhealthy));
  await clock.settled();
  // What answers wrongly is not in the way.
  expect(events()).toEqual([]);
  group("sg-app", [OPEN]);
  state.commit(() => state.table(targets).put(target));
  state.commit(() => state.table(targets).put(unhealthy));
  await clock.settled();
  expect(events()).toEqual([
    expect.stringMatching(/^\(service web\) \(task 0+\) has in its way SG_HAS_NO_RULES at sg-app: .* To mend it: /),
  ]);
});

test("a target is told by its listener, rule and group, hop by hop, and what its task's group does not let in is named", () => {
  const { state, group, listener, target, targetGroup } = world();
  const arn = targetGroup.arn;
  const told = (which?: string) => explainTarget(state, arn, which);
  expect(told()?.inTheWay).toBeUndefined();
  const [only] = told("172.31.0.9:8080")!.targets;
  expect([only?.what, only?.status, only?.steps.map(({ outcome }) => outcome)]).toEqual([
    "172.31.0.9:8080",
    "healthy",
    ["passes", "passes", "passes"],
  ]);
  expect(only?.steps[1]?.hops.slice(0, 3)).toEqual(["listener HTTP:80", "rule default", "target-group web"]);
  expect(only?.steps[2]?.hops).toEqual(["target-group web", "target 172.31.0.9:8080"]);
  expect([told("172.31.0.9")?.targets.length, told("172.31.0.8"), explainTarget(state, `${arn}x`)]).toEqual([1, undefined, undefined]);
  group("sg-app", [from("sg-other"), OPEN]);
  expect(told()?.inTheWay).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: "sg-app" });
  group("sg-app", [from("sg-alb"), OPEN]);
  const health = { state: "unhealthy", reason: "Target.ResponseCodeMismatch", description: "codes: [500]" } as const;
  state.commit(() => state.table(targets).put({ ...target, health }));
  expect(told()?.inTheWay).toMatchObject({ code: "Target.ResponseCodeMismatch", component: arn });
  state.commit(() => state.table(listeners).delete(listener.arn));
  expect(told()?.inTheWay).toMatchObject({ code: "ELBV2_LISTENERS_MISMATCH" });
  state.commit(() => state.table(targets).delete(targetKey(arn, target.id, target.port)));
  expect(told()?.inTheWay).toMatchObject({ code: "NO_TARGETS", component: arn });
});

test("a service is told by one task for all that are alike, by name or ARN, and by its last event where it has none", () => {
  const at = world();
  const { state, parts, group } = at;
  const deployment = { ...newDeployment("ecs-svc/1", "d", 1, 0), updatedAt: 0, launchType: "FARGATE" as const, loadBalancers: [] };
  const service = putService(state, balancedCluster("web"), {
    arn: "arn:aws:ecs:us-east-1:123456789012:service/web/web",
    name: "web",
    deployment,
    now: 0,
  });
  const told = () => explainServices(parts, "web/web");
  expect(told()[0]?.inTheWay).toMatchObject({ code: "NO_TASKS", component: service.arn });
  const [first] = [...state.table(tasks).values()];
  state.commit(() => {
    for (const arn of [first!.arn, `${first!.arn}-2`])
      state.table(tasks).put({ ...first!, arn, serviceArn: service.arn, deploymentId: "ecs-svc/1", lastStatus: "RUNNING" });
    state.table(tasks).put({
      ...first!,
      arn: `${first!.arn}-3`,
      id: "3".repeat(32),
      serviceArn: service.arn,
      deploymentId: "ecs-svc/1",
      lastStatus: "PENDING",
    });
  });
  expect(told()[0]).toMatchObject({
    service: { arn: service.arn, runningCount: 2, pendingCount: 1 },
    tasks: [
      { status: "RUNNING", alike: 2 },
      { status: "PENDING", alike: 1 },
    ],
  });
  expect(told()[0]?.inTheWay).toBeUndefined();
  group("sg-app", [from("sg-other"), OPEN]);
  expect(told()[0]?.inTheWay).toMatchObject({ code: "ENI_SG_RULES_MISMATCH", component: "sg-app" });
  expect(explainServices(parts, service.arn)).toHaveLength(1);
  for (const none of ["web/other", "web", `${service.arn}x`, "", "a/web/web"]) expect(explainServices(parts, none)).toEqual([]);
});
