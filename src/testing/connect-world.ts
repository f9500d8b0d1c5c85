import { expect, onTestFinished } from "vitest";
import { serviceConnect } from "../control/service-connect/service-connect.ts";
import { forgetTask, offerTask, withdrawTask } from "../control/service-connect/connect-servers.ts";
import { memoryJournal } from "../drivers/memory/journal.ts";
import { discoveryServices, type DiscoveryServiceRecord } from "../state/cloud-map.ts";
import { services, tasks, type ConnectEndpoint, type DeploymentRecord, type ServiceRecord, type TaskRecord } from "../state/ecs.ts";
import { connectAddresses } from "../state/ecs-connect.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { FakeTrafficProxy } from "./fake-traffic-proxy.ts";
import { ManualClock } from "./manual-clock.ts";
import { interfaceOf, putTask, taskRecord } from "./task-record.ts";

const SCOPE = { account: "123456789012", region: "us-east-1" };
export const NAMESPACE = "ns-shop";
export const ADDRESS = "240.0.0.1";
export const HELD = [{ vpcId: "vpc-0", vpcCidr: "10.0.0.0/16", addresses: new Set([ADDRESS]) }];

export const ENDPOINT: ConnectEndpoint = {
  ...{ namespaceId: NAMESPACE, discoveryServiceId: "srv-api", discoveryArn: "arn", discoveryName: "api" },
  ...{ containerName: "app", containerPort: 80, protocol: "http", alias: { dnsName: "backend", port: 8080 } },
  ...{ idleTimeout: 300, requestTimeout: 15 },
};

export function serviceOf(name: string, endpoints: readonly ConnectEndpoint[], changes: Partial<ServiceRecord> = {}): ServiceRecord {
  const connect = { configuration: { enabled: true }, namespaceId: NAMESPACE, endpoints, names: [] };
  const deployments = [{ id: `${name}-1`, status: "PRIMARY", connect }] as unknown as DeploymentRecord[];
  return { ...SCOPE, arn: `arn:${name}`, name, clusterArn: "c", status: "ACTIVE", deployments, ...changes } as ServiceRecord;
}

/** Services `backend`, which offers `backend:8080`, and `client`; and no task yet. */
export async function connectWorld(held: Parameters<ReturnType<typeof serviceConnect>["hold"]>[0] = HELD, isEnforced = false) {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const proxy = new FakeTrafficProxy();
  const troubles: (string | undefined)[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: (...told: unknown[]) => expect.unreachable(JSON.stringify(told)) };
  const put = (service: ServiceRecord): void => void state.commit(() => state.table(services).put(service));
  put(serviceOf("backend", [ENDPOINT]));
  put(serviceOf("client", []));
  state.commit(() => {
    state.table(connectAddresses).put({ ...SCOPE, namespaceId: NAMESPACE, vpcId: "vpc-0", name: "backend", address: ADDRESS });
    const own = { customHealth: true, attributes: {}, tags: [], createdAt: 0, revision: 0 };
    state
      .table(discoveryServices)
      .put({ ...SCOPE, ...own, id: "srv-api", arn: "arn", namespaceId: NAMESPACE, name: "api" } as DiscoveryServiceRecord);
  });
  const connecting = serviceConnect({ state, clock, proxy, logger, isEnforced, trouble: (text) => void troubles.push(text) });
  onTestFinished(() => connecting[Symbol.asyncDispose]());
  connecting.hold(held, new Map());
  const settled = (): Promise<void> => clock.settled();
  await settled();

  const taskOf = (service: string, at: number, changes: Partial<TaskRecord> = {}): TaskRecord => {
    const address = `10.0.0.${at}`;
    return taskRecord(String(at).padStart(32, "0"), {
      ...{ serviceArn: `arn:${service}`, deploymentId: `${service}-1`, networkInterface: interfaceOf(address) },
      connect: { namespaceId: NAMESPACE, names: [{ hostname: "backend", ipAddress: ADDRESS }] },
      endpoints: [{ containerName: "app", containerPort: 80, address, port: 80 }],
      ...changes,
    });
  };
  const change = async (task: TaskRecord, changes: Partial<TaskRecord>): Promise<void> => {
    state.commit(() => state.table(tasks).update(task.arn, (now) => ({ ...now, ...changes })));
    await settled();
  };
  const latest = ({ arn }: TaskRecord): TaskRecord => state.table(tasks).get(arn) as TaskRecord;
  return {
    ...{ state, clock, proxy, troubles, connecting, settled, put, change, taskOf },
    /** A task that runs, and is offered. */
    run: async (service: string, at: number, changes: Partial<TaskRecord> = {}): Promise<TaskRecord> => {
      const task = putTask(state, taskOf(service, at, changes));
      state.commit(() => offerTask(state, task));
      await settled();
      return task;
    },
    withdraw: async (task: TaskRecord): Promise<void> => {
      state.commit(() => withdrawTask(state, latest(task), clock.now()));
      await settled();
    },
    stop: async (task: TaskRecord): Promise<void> => {
      state.commit(() => forgetTask(state, latest(task)));
      await change(task, { lastStatus: "STOPPED" });
    },
    clients: () => proxy.configuration.clientSets?.find(({ id }) => id === NAMESPACE)?.addresses,
    /** Those of the namespace that are turned away all the same. */
    barred: () => proxy.configuration.clientSets?.find(({ id }) => id === "barred-srv-api")?.addresses,
    servers: () =>
      proxy.configuration.backends[0]?.servers.map(({ address, health, draining }) => `${address} ${draining ? "draining" : health}`),
  };
}
