import { CreateClusterCommand, DescribeTasksCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { setTimeout as pause } from "node:timers/promises";
import { dockerEngine } from "../../src/drivers/docker/engine.ts";
import type { AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { atMost, median, type Figure } from "../figure.ts";

const SOCKET = "/var/run/docker.sock";
const SINGLE_ROUNDS = 15;
const BURST = 50;
const BURST_ROUNDS = 3;
/** How often a task is asked whether it runs: a client has no event for it. Far below what is measured. */
const ASK_EVERY_MS = 3;

/** RunTask to RUNNING against create and start over the engine's API, one by one and fifty at once, in turns. */
export async function taskStart(airfield: AirfieldProcess, image: string, tell: (figure: Figure) => void): Promise<void> {
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "bench" }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: "sleeper",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      containerDefinitions: [{ name: "sleeper", image, essential: true, stopTimeout: 2 }],
    }),
  );
  const { Subnets } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const subnets = (Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []);
  // The first ones make the network and load what is loaded late.
  await ours(ecs, subnets, 1);
  await raw(image, 1);

  const single = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < SINGLE_ROUNDS; round += 1) {
    single.ours.push(await ours(ecs, subnets, 1));
    single.peer.push(await raw(image, 1));
  }
  tell(atMost(1.15, { name: "RunTask to RUNNING, against docker run", unit: "ms", ours: median(single.ours), peer: median(single.peer) }));

  const burst = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < BURST_ROUNDS; round += 1) {
    burst.ours.push(await ours(ecs, subnets, BURST));
    burst.peer.push(await raw(image, BURST));
  }
  tell(atMost(1.1, { name: `${BURST} tasks at once, against raw containers`, unit: "ms", ours: median(burst.ours), peer: median(burst.peer) }));
}

/** Milliseconds until `count` tasks that were asked for at once are all RUNNING. */
async function ours(ecs: ECSClient, subnets: string[], count: number): Promise<number> {
  const networkConfiguration = { awsvpcConfiguration: { subnets } };
  const started = performance.now();
  const calls = Array.from({ length: Math.ceil(count / 10) }, (_, at) =>
    ecs.send(new RunTaskCommand({ cluster: "bench", taskDefinition: "sleeper", launchType: "FARGATE", count: Math.min(10, count - at * 10), networkConfiguration })),
  );
  const arns = (await Promise.all(calls)).flatMap(({ tasks }) => (tasks ?? []).flatMap(({ taskArn }) => taskArn ?? []));
  if (arns.length !== count) throw new Error(`${arns.length} of ${count} tasks were taken`);
  await until(ecs, arns, "RUNNING");
  const took = performance.now() - started;
  await Promise.all(arns.map((task) => ecs.send(new StopTaskCommand({ cluster: "bench", task }))));
  await until(ecs, arns, "STOPPED");
  return took;
}

async function until(ecs: ECSClient, arns: string[], status: string): Promise<void> {
  for (;;) {
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: "bench", tasks: arns }));
    if (tasks.every(({ lastStatus }) => lastStatus === status)) return;
    const failed = tasks.find(({ stopCode }) => status === "RUNNING" && stopCode !== undefined);
    if (failed) throw new Error(`a task stopped: ${failed.stoppedReason ?? ""}`);
    await pause(ASK_EVERY_MS);
  }
}

/** Milliseconds until `count` containers that were asked for at once all run, on a network of their own as the tasks are. */
async function raw(image: string, count: number): Promise<number> {
  const engine = dockerEngine({ socketPath: SOCKET });
  const network = `airfield-bench-${process.pid}`;
  await engine.call("POST", "/networks/create", { body: { Name: network, Driver: "bridge", CheckDuplicate: true } });
  const body = { Image: image, HostConfig: { NetworkMode: network, Memory: 512 * 1024 * 1024, CpuShares: 256 } };
  const started = performance.now();
  const ids = await Promise.all(
    Array.from({ length: count }, async () => {
      const { Id } = await engine.call<{ readonly Id: string }>("POST", "/containers/create", { body });
      await engine.call("POST", `/containers/${Id}/start`);
      return Id;
    }),
  );
  const took = performance.now() - started;
  await Promise.all(ids.map((id) => engine.call("DELETE", `/containers/${id}`, { query: { force: true } })));
  await engine.call("DELETE", `/networks/${network}`);
  return took;
}
