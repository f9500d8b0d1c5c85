import { ensureExecutionRole } from "../../src/testing/roles.ts";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { setTimeout as pause } from "node:timers/promises";
import { dockerEngine, EngineError } from "../../src/drivers/docker/engine.ts";
import type { AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { atMost, median, part, type Figure } from "../figure.ts";

const SOCKET = "/var/run/docker.sock";
const SINGLE_ROUNDS = 21;
const BURST = 50;
const BURST_ROUNDS = 3;
/** How often tasks are asked whether they run: a client has no event for it. Asking costs both sides time that the engine then lacks. */
const ASK_EVERY_MS = (count: number): number => 4 + count;

/** A kind of network, in our words and in the engine's: like is measured beside like. */
interface Pairing {
  readonly name: string;
  readonly networkMode: "awsvpc" | "bridge";
  readonly peerNetwork: Network;
}

/**
 * Where the engine starts a container by itself: on a network that was made for it, on its default bridge, on none, or in the namespace of another container that
 * is on none, into which somebody could put interfaces of his own before it starts.
 */
type Network = "own" | "default" | "none" | "joined";

const PAIRINGS: readonly Pairing[] = [
  { name: "awsvpc, against docker run on a network of its own", networkMode: "awsvpc", peerNetwork: "own" },
  { name: "bridge, against docker run", networkMode: "bridge", peerNetwork: "default" },
  { name: "awsvpc, against docker run on the default bridge", networkMode: "awsvpc", peerNetwork: "default" },
];

/** RunTask to RUNNING against create and start over the engine's API, one by one and fifty at once, in turns. */
export async function taskStart(airfield: AirfieldProcess, image: string, tell: (figure: Figure) => void): Promise<void> {
  const { ecs, subnets } = await taskRoom(airfield, image);
  await using own = await ownNetwork();
  const peer: Containers = { image, own: own.name };
  for (const pairing of PAIRINGS) {
    // The first ones make the network and load what is loaded late.
    await inTurns(ecs, subnets, peer, pairing, 1, 1);
    const single = await inTurns(ecs, subnets, peer, pairing, 1, SINGLE_ROUNDS);
    tell(atMost(1.15, { name: `one task: ${pairing.name}`, unit: "ms", ...single }));
    const burst = await inTurns(ecs, subnets, peer, pairing, BURST, BURST_ROUNDS);
    tell(atMost(1.1, { name: `${BURST} tasks at once: ${pairing.name}`, unit: "ms", ...burst }));
  }
  await engineAlone(peer, tell);
}

/** A cluster and task definitions, `awsvpc` and `bridge`. */
export async function taskRoom(airfield: AirfieldProcess, image: string): Promise<{ readonly ecs: ECSClient; readonly subnets: string[] }> {
  const ecs = airfield.client(ECSClient);
  await ecs.send(new CreateClusterCommand({ clusterName: "bench" }));
  const containerDefinitions = [{ name: "sleeper", image, essential: true, stopTimeout: 2, memory: 64 }];
  const executionRoleArn = await ensureExecutionRole(airfield);
  const fargate = { requiresCompatibilities: ["FARGATE" as const], cpu: "256", memory: "512", executionRoleArn };
  await ecs.send(new RegisterTaskDefinitionCommand({ family: "awsvpc", networkMode: "awsvpc", containerDefinitions, ...fargate }));
  await ecs.send(new RegisterTaskDefinitionCommand({ family: "bridge", networkMode: "bridge", containerDefinitions }));
  const { Subnets } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  return { ecs, subnets: (Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []) };
}

/** What the engine takes for the same containers by itself, by the network that they are on, against its default bridge: in turns, without us. */
async function engineAlone(containers: Containers, tell: (figure: Figure) => void): Promise<void> {
  const times: Record<Network, number[]> = { own: [], default: [], none: [], joined: [] };
  for (let round = 0; round < BURST_ROUNDS; round += 1)
    for (const network of ["own", "default", "none", "joined"] as const) times[network].push(await raw(containers, network, BURST));
  const peer = median(times.default);
  const alone = { own: "on a network of its own", none: "without a network", joined: "each with a pause container without a network" };
  for (const network of ["own", "none", "joined"] as const)
    tell(
      part({ name: `${BURST} containers at once, the engine alone, ${alone[network]}`, unit: "ms", ours: median(times[network]), peer }),
    );
}

/** The medians of both sides. */
async function inTurns(
  ecs: ECSClient,
  subnets: string[],
  peer: Containers,
  { networkMode, peerNetwork }: Pairing,
  count: number,
  rounds: number,
): Promise<{ readonly ours: number; readonly peer: number }> {
  const times = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.ours.push(await timeToRun(ecs, subnets, networkMode, count));
    times.peer.push(await raw(peer, peerNetwork, count));
  }
  return { ours: median(times.ours), peer: median(times.peer) };
}

/** Milliseconds until `count` tasks that were asked for at once are all RUNNING. */
export async function timeToRun(ecs: ECSClient, subnets: string[], networkMode: "awsvpc" | "bridge", count: number): Promise<number> {
  const where =
    networkMode === "awsvpc"
      ? { launchType: "FARGATE" as const, networkConfiguration: { awsvpcConfiguration: { subnets } } }
      : { launchType: "EC2" as const };
  const started = performance.now();
  const calls = Array.from({ length: Math.ceil(count / 10) }, (_, at) =>
    ecs.send(new RunTaskCommand({ cluster: "bench", taskDefinition: networkMode, count: Math.min(10, count - at * 10), ...where })),
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
    await pause(ASK_EVERY_MS(arns.length));
  }
}

/** What the engine starts by itself. */
interface Containers {
  readonly image: string;
  /** The name of the network that was made for them. */
  readonly own: string;
}

/** A network of the engine for the peer's containers. */
async function ownNetwork(): Promise<AsyncDisposable & { readonly name: string }> {
  const engine = dockerEngine({ socketPath: SOCKET });
  const name = `airfield-bench-${process.pid}`;
  await engine.call("POST", "/networks/create", { body: { Name: name, Driver: "bridge", CheckDuplicate: true } });
  return {
    name,
    async [Symbol.asyncDispose]() {
      try {
        await engine.call("DELETE", `/networks/${name}`);
      } catch (cause) {
        if (!(cause instanceof EngineError)) throw cause;
        // An engine of 20.10 may lose count of what leaves a network at once, and then keeps it until it is started anew.
        console.error(`the engine keeps the network ${name}: ${cause.message}`);
      }
    },
  };
}

/** Milliseconds until `count` containers that were asked for at once all run. */
async function raw({ image, own }: Containers, network: Network, count: number): Promise<number> {
  const engine = dockerEngine({ socketPath: SOCKET });
  const limits = { Memory: 64 * 1024 * 1024, CpuShares: 256 };
  const begin = async (NetworkMode: string): Promise<string> => {
    const body = { Image: image, HostConfig: { NetworkMode, ...limits } };
    const { Id } = await engine.call<{ readonly Id: string }>("POST", "/containers/create", { body });
    await engine.call("POST", `/containers/${Id}/start`);
    return Id;
  };
  const mode = { own, default: "bridge", none: "none", joined: "none" }[network];
  const started = performance.now();
  const ids = await Promise.all(
    Array.from({ length: count }, async () => {
      const first = await begin(mode);
      return network === "joined" ? [first, await begin(`container:${first}`)] : [first];
    }),
  );
  const took = performance.now() - started;
  await Promise.all(ids.flat().map((id) => engine.call("DELETE", `/containers/${id}`, { query: { force: true } })));
  return took;
}
