import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ServiceRecord } from "../../src/state/ecs.ts";
import { atMost, median, part, type Figure } from "../figure.ts";
import { bareServer } from "./bare-server.ts";
import { controlPlane, temporaryFolder, type ControlPlane } from "./control-plane-world.ts";
import { CLUSTER, createService, deploy, furnish, isCompleted, publish, remove, untilAll } from "./many-tasks.ts";
import { onlooker, p99 } from "./onlooker.ts";
import { recovery } from "./recovery.ts";

const SMALL = 100;
const SIZES = [SMALL, 1_000, 10_000];
/** A small service is up in a moment: that moment is measured several times. */
const SMALL_ROUNDS = 7;
const SERVICES = 1_000;
const TASKS_EACH = 10;
const IDLE_MS = 3_000;

/** What growth costs: how much more per task where there are many, and what others feel of it. Sizes can be given: `AIRFIELD_BENCH_TASKS=100,1000`. */
export async function measure(tell: (figure: Figure) => void): Promise<void> {
  const sizes = process.env["AIRFIELD_BENCH_TASKS"]?.split(",").map(Number) ?? SIZES;
  for (const balanced of [false, true]) await oneService(sizes, balanced, tell);
  if (sizes === SIZES || sizes.includes(0)) {
    await manyServices(tell);
    await recovery(tell);
  }
}

/** One service of ever more tasks, to COMPLETED. */
async function oneService(sizes: readonly number[], balanced: boolean, tell: (figure: Figure) => void): Promise<void> {
  const how = balanced ? "with a load balancer" : "without a load balancer";
  let small: number | undefined;
  for (const size of sizes) {
    if (size === 0) continue;
    const runs: Run[] = [];
    for (let round = 0; round < (size === SMALL ? SMALL_ROUNDS : 1); round += 1) runs.push(await bringUp(size, balanced));
    const cost = median(runs.map(({ ms }) => ms / size));
    small ??= cost;
    tell(atMost(1.5, { name: `a task of ${size}, ${how}`, unit: "ms", ours: cost, peer: small }));
    if (size === SMALL) continue;
    const [run] = runs;
    if (!run) continue;
    tell(atMost(3, { name: `DescribeServices p99 meanwhile, ${size} ${how}`, unit: "ms", ours: run.busyP99, peer: run.idleP99 }));
    const bare = { ours: run.busyBareP99, peer: run.idleBareP99 };
    tell(part({ name: `an empty answer of a thread that does nothing else, p99 meanwhile, ${size} ${how}`, unit: "ms", ...bare }));
    tell(atMost(50, { name: `longest hold of the event loop, ${size} ${how}`, unit: "ms", ours: run.hold }));
  }
}

interface Run {
  readonly ms: number;
  readonly idleP99: number;
  readonly busyP99: number;
  /** Of a server that has a thread of its own, asked at the same times: what of both is the machine's. */
  readonly idleBareP99: number;
  readonly busyBareP99: number;
  /** Milliseconds. */
  readonly hold: number;
}

async function bringUp(size: number, balanced: boolean): Promise<Run> {
  await using folder = await temporaryFolder();
  await using world = await furnished(folder.path);
  const { state } = world;
  const definition = publish(state, "app", 1, world.image, !balanced);
  const bystander = createService(state, { name: "bystander", definition, desiredCount: 1, balanced });
  await untilAll(state, [bystander], isCompleted);
  await using client = await onlooker(world.url, "DescribeServices", JSON.stringify({ cluster: CLUSTER, services: ["bystander"] }));
  await using bare = await bareServer();
  await using beside = await onlooker(bare.url, "DescribeServices", "{}");
  // The first requests load what all others need.
  await pause(size === SMALL ? 300 : 1_000);
  await Promise.all([client.take(), beside.take()]);
  await pause(size === SMALL ? 100 : IDLE_MS);
  const [idleP99, idleBareP99] = [p99(await client.take()), p99(await beside.take())];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  const arn = createService(state, { name: "many", definition, desiredCount: size, balanced });
  await untilAll(state, [arn], isCompleted);
  const ms = performance.now() - began;
  delay.disable();
  const [busyP99, busyBareP99] = [p99(await client.take()), p99(await beside.take())];
  return { ms, idleP99, busyP99, idleBareP99, busyBareP99, hold: delay.max / 1e6 };
}

/** A thousand services: started, deployed anew, deleted. */
async function manyServices(tell: (figure: Figure) => void): Promise<void> {
  await using folder = await temporaryFolder();
  await using world = await furnished(folder.path);
  const { state, image } = world;
  const first = publish(state, "app", 1, image, true);
  const second = publish(state, "app", 2, image, true);
  const arns: string[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const phase = async (what: string, begin: (at: number) => void, is: Parameters<typeof untilAll>[2]): Promise<void> => {
    delay.reset();
    delay.enable();
    const began = performance.now();
    for (let at = 0; at < SERVICES; at += 1) {
      begin(at);
      // As clients do: one request after another.
      await new Promise(setImmediate);
    }
    await untilAll(state, arns, is);
    delay.disable();
    const ms = (performance.now() - began) / (SERVICES * TASKS_EACH);
    tell(atMost(5, { name: `a task of ${SERVICES} services of ${TASKS_EACH}, ${what}`, unit: "ms", ours: ms }));
    tell(atMost(50, { name: `longest hold of the event loop, ${what}`, unit: "ms", ours: delay.max / 1e6 }));
  };
  const create = (at: number): void =>
    void arns.push(createService(state, { name: `s-${at}`, definition: first, desiredCount: TASKS_EACH, balanced: false }));
  await phase("started", create, isCompleted);
  const deployed = (service: ServiceRecord): boolean => service.taskDefinitionArn === second && isCompleted(service);
  await phase("deployed", (at) => deploy(state, arns[at] ?? "", second), deployed);
  await phase(
    "stopped",
    (at) => remove(state, arns[at] ?? ""),
    ({ status }) => status === "INACTIVE",
  );
}

async function furnished(folder: string): Promise<ControlPlane> {
  const world = await controlPlane(folder);
  furnish(world.state);
  return world;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
