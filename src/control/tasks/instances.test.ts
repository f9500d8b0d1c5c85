import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { discoveryServices, instances, type DiscoveryServiceRecord } from "../../state/cloud-map.ts";
import { services, taskDefinitions, tasks, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../../state/ecs.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { localInstanceId } from "../../state/local-host.ts";
import { recordSets } from "../../state/route53.ts";
import { putDiscoveryService, ZONE_ID } from "../../testing/discovery-service.ts";
import { definitionRecord, interfaceOf, putTask, taskRecord } from "../../testing/task-record.ts";
import { deregisterInstances, hasInstances, registerInstances, tellHealth } from "./instances.ts";

const SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/c/web";
const ID = "1".repeat(32);

/** A service of which deployment `d` is told of by a service of Cloud Map, and a task of it. */
function world(changes: Partial<TaskRecord> = {}, registry: object = {}, discovery: Partial<DiscoveryServiceRecord> = {}) {
  const state = new JournaledState(memoryJournal());
  const { id, arn } = putDiscoveryService(state, discovery);
  const deployments = [
    { id: "other" },
    { id: "d", serviceRegistries: [{ registryArn: arn, ...registry }] },
  ] as unknown as DeploymentRecord[];
  state.commit(() => {
    state.table(services).put({ arn: SERVICE, name: "web", deployments, events: [] } as unknown as ServiceRecord);
    state.table(taskDefinitions).put(definitionRecord());
  });
  const task = putTask(
    state,
    taskRecord(ID, { serviceArn: SERVICE, deploymentId: "d", networkInterface: interfaceOf("10.0.0.5"), ...changes }),
  );
  const latest = () => state.table(tasks).get(task.arn) as TaskRecord;
  return {
    state,
    task,
    change: (more: Partial<TaskRecord>) => state.commit(() => state.table(tasks).put({ ...latest(), ...more })),
    register: () => state.commit(() => registerInstances(state, latest())),
    deregister: () => state.commit(() => deregisterInstances(state, latest())),
    tell: () => tellHealth(state, latest()),
    registered: () => state.table(instances).by("service", id),
    revision: () => state.table(discoveryServices).get(id)?.revision,
    named: () =>
      state
        .table(recordSets)
        .by("zone", ZONE_ID)
        .filter(({ type }) => type !== "SOA" && type !== "NS")
        .map(({ name, type, values }) => `${name} ${type} ${values?.join()}`),
  };
}

test("a task that runs is told of by the name of its service, with who it is, as long as it is registered", () => {
  const { register, deregister, registered, named, revision, state, task } = world({ availabilityZone: "us-east-1b" });
  register();
  register();
  expect(registered()).toMatchObject([
    {
      ...{ id: ID, taskArn: task.arn, health: "HEALTHY" },
      attributes: {
        ...{ AWS_INSTANCE_IPV4: "10.0.0.5", AVAILABILITY_ZONE: "us-east-1b", REGION: "us-east-1", AWS_INIT_HEALTH_STATUS: "HEALTHY" },
        ...{ ECS_CLUSTER_NAME: "c", ECS_SERVICE_NAME: "web", ECS_TASK_DEFINITION_FAMILY: "app" },
      },
    },
  ]);
  expect(named()).toEqual(["backend.svc.local. A 10.0.0.5"]);
  expect(revision()).toBe(1);
  deregister();
  expect([registered(), named(), hasInstances(state, task), revision()]).toEqual([[], [], false, 2]);
});

const SRV: Partial<DiscoveryServiceRecord> = { dns: { routingPolicy: "MULTIVALUE", records: [{ type: "SRV", ttl: 10 }] } };

test.each([
  ["its own", { port: 8080 }],
  ["that of its container", { containerName: "app", containerPort: 8080 }],
])("by an SRV record with a port: %s", (_, registry) => {
  const { register, named } = world({}, registry, SRV);
  register();
  const host = `${ID}.backend.svc.local.`;
  expect(named()).toEqual([`backend.svc.local. SRV 1 1 8080 ${host}`, `${host} A 10.0.0.5`]);
});

test("with its machine, where it is on one of its account's", () => {
  const { register, registered, task } = world({ launchType: "EC2" });
  register();
  expect(registered()[0]?.attributes).toHaveProperty("EC2_INSTANCE_ID", localInstanceId(task));
});

test("as healthy as its checks are, where somebody asked for it", () => {
  const [container] = taskRecord(ID).containers;
  const checked = { containers: container ? [{ ...container, hasHealthCheck: true }] : [] };
  const { register, change, tell, registered, state } = world(checked);
  register();
  const health = () => registered().map((one) => one.health);
  expect(health()).toEqual(["UNHEALTHY"]);
  for (const [healthStatus, expected] of [
    ["HEALTHY", "HEALTHY"],
    ["UNHEALTHY", "UNHEALTHY"],
  ] as const) {
    change({ healthStatus });
    tell();
    expect(health()).toEqual([expected]);
  }
  let commits = 0;
  using _watched = state.watch(instances, () => commits++);
  tell();
  expect(commits).toBe(0);

  const unasked = world(checked, {}, { customHealth: false });
  unasked.register();
  unasked.tell();
  expect(unasked.registered().map((one) => one.health)).toEqual([undefined]);
});

test.each<[string, Partial<TaskRecord>, object, Partial<DiscoveryServiceRecord>]>([
  ["of no service", { serviceArn: undefined as never }, {}, {}],
  ["of a deployment that asks for none", { deploymentId: "other" }, {}, {}],
  ["of a registry that is gone", {}, { registryArn: "arn:aws:servicediscovery:us-east-1:123456789012:service/srv-gone" }, {}],
  ["of another account's registry", {}, {}, { account: "210987654321" }],
  ["without an address", { networkInterface: undefined as never }, {}, {}],
])("nowhere: one %s", (_, changes, registry, discovery) => {
  const { register, registered, named } = world(changes, registry, discovery);
  register();
  expect([registered(), named()]).toEqual([[], []]);
});
