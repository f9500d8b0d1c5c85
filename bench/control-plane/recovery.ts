import { runInNewContext } from "node:vm";
import { setFlagsFromString } from "node:v8";
import { join } from "node:path";
import { KEEP_STOPPED_MS } from "../../src/control/tasks/retirement.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../../src/domain/scope.ts";
import { sqliteJournal } from "../../src/drivers/sqlite/journal.ts";
import { systemClock as clock } from "../../src/drivers/system/clock.ts";
import { systemIds as ids } from "../../src/drivers/system/ids.ts";
import { clusters, services, taskDefinitions, tasks, type TaskRecord } from "../../src/state/ecs.ts";
import { openState } from "../../src/state/open-state.ts";
import { newTask } from "../../src/state/new-task.ts";
import type { WholeState } from "../../src/state/state.ts";
import { atMost, type Figure } from "../figure.ts";
import { controlPlane, temporaryFolder } from "./control-plane-world.ts";
import { CLUSTER, createService, furnish, publish } from "./many-tasks.ts";

/** Task records, and seconds that a start over them may take. */
const STARTS = [
  [10_000, 1],
  [100_000, 5],
] as const;
/** A million of them in two gigabytes. */
const BYTES_EACH = 2_000;
const AT_ONCE = 1_000;

/** A start over the records of many tasks that stopped within the last hour: until loops and gateway are there. And what the records weigh. */
export async function recovery(tell: (figure: Figure) => void): Promise<void> {
  for (const [count, seconds] of STARTS) {
    await using folder = await temporaryFolder();
    await write(folder.path, count);
    const before = usedHeap();
    const began = performance.now();
    await using world = await controlPlane(folder.path);
    const took = (performance.now() - began) / 1000;
    if (world.state.table(tasks).size !== count) throw new Error(`${world.state.table(tasks).size} records were found`);
    tell(atMost(seconds, { name: `start over ${count} task records`, unit: "s", ours: took }));
    // What the start itself left behind is over soon.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    tell(
      atMost(BYTES_EACH, { name: `a stopped task's record of ${count}, in memory`, unit: "bytes", ours: (usedHeap() - before) / count }),
    );
  }
}

async function write(folder: string, count: number): Promise<void> {
  const journal = await sqliteJournal(join(folder, "state.db"));
  const state = await openState(journal);
  furnish(state);
  const definition = publish(state, "app", 1, "instant", true);
  const service = createService(state, { name: "web", definition, desiredCount: 0, balanced: false });
  for (let at = 0; at < count; at += AT_ONCE) {
    state.commit(() => {
      for (let one = at; one < Math.min(count, at + AT_ONCE); one += 1)
        state.table(tasks).put(stoppedTask(state, service, definition, one));
    });
    await state.durable();
  }
  await journal.close();
}

/** As one of a service is that ran in a VPC. */
function stoppedTask(state: WholeState, serviceArn: string, definitionArn: string, at: number): TaskRecord {
  const cluster = state.table(clusters).get(CLUSTER);
  const definition = state.table(taskDefinitions).get(definitionArn);
  const service = state.table(services).get(serviceArn);
  const deployment = service?.deployments[0];
  if (!cluster || !definition || !deployment) throw new Error("nothing to make a task of");
  const address = `10.200.${Math.floor(at / 250) % 256}.${(at % 250) + 4}`;
  const stoppedAt = clock.now() - Math.floor(KEEP_STOPPED_MS / 2);
  const task = newTask(
    {
      cluster,
      definition,
      launchType: "FARGATE",
      group: "service:web",
      serviceArn,
      deploymentId: deployment.id,
      startedBy: deployment.id,
      preferredSubnetId: "subnet-a",
      ...(deployment.networkConfiguration ? { networkConfiguration: deployment.networkConfiguration } : {}),
    },
    ids,
    stoppedAt - 60_000,
  );
  return {
    ...task,
    lastStatus: "STOPPED",
    desiredStatus: "STOPPED",
    stopCode: "ServiceSchedulerInitiated",
    stoppedReason: `Scaling activity initiated by (deployment ${deployment.id})`,
    containers: task.containers.map((one) => ({ ...one, lastStatus: "STOPPED", runtimeId: ids.hex(64), exitCode: 143 })),
    networkInterface: {
      attachmentId: ids.uuid(),
      networkInterfaceId: `eni-${ids.hex(17)}`,
      subnetId: "subnet-a",
      vpcId: "vpc-bench",
      vpcCidr: "10.200.0.0/16",
      availabilityZone: `${DEFAULT_REGION}a`,
      privateIpv4Address: address,
      macAddress: "02:42:0a:c8:00:05",
      privateDnsName: `ip-${address.replaceAll(".", "-")}.ec2.internal`,
      securityGroups: [`sg-${DEFAULT_ACCOUNT}`],
    },
    endpoints: [{ containerName: "app", containerPort: 80, address, port: 80 }],
    pullStartedAt: stoppedAt - 50_000,
    pullStoppedAt: stoppedAt - 49_000,
    startedAt: stoppedAt - 48_000,
    stoppingAt: stoppedAt - 1_000,
    executionStoppedAt: stoppedAt,
    stoppedAt,
    version: 7,
    healthySeen: true,
  };
}

function usedHeap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
