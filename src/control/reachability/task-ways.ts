import { pathOf, type Path } from "../../decide/reachability/path.ts";
import { TCP, type WorldInterface } from "../../domain/network-world.ts";
import { taskDefinitions, type TaskDefinitionRecord, type TaskRecord } from "../../state/ecs.ts";
import { taskInWorld, worldAround } from "../../state/network-world.ts";
import { wayToService } from "../../state/service-way.ts";
import type { WholeState } from "../../state/state.ts";
import type { Obstruction } from "../../domain/task-explanation.ts";
import { pathStep } from "./path-step.ts";
import { unreachableText } from "./agent-words.ts";
import { needsOf, type ImageHome, type Need } from "./needs.ts";

/** The way from a task to something that it needs. */
export interface TaskWay {
  readonly need: Need;
  /** `com.amazonaws.us-east-1.ecr.api`, where it is a service of AWS's. */
  readonly serviceName?: string;
  /** The address at the end of the way, and by what name it is looked for. */
  readonly to: string;
  readonly host: string;
  readonly path: Path;
}

/** What keeps a task from starting. */
export interface BarredWays {
  readonly vpcId: string;
  /** The first thing that is in the way. */
  readonly obstruction?: Obstruction;
  /** Why it stops before its images are pulled, in AWS's words. */
  readonly failure?: string;
  /** Why the images of some containers cannot be pulled, by the containers' names. */
  readonly pulls: ReadonlyMap<string, BarredPull>;
}

export interface BarredPull {
  readonly text: string;
  /** Of a registry elsewhere the engine may have what nobody need pull. */
  readonly fromEcr: boolean;
  /** Its name, where the engine may have it and nobody is asked. */
  readonly image?: string;
}

/** Where an image on the internet is: anywhere. */
const SOMEWHERE = "192.0.2.1";
const HTTPS = 443;

/** The ways from a task to all that it needs at its start. Costs what it needs, and the groups, routes and ACLs on the way. */
export function waysOf(state: WholeState, task: TaskRecord, definition: TaskDefinitionRecord, homeOf: ImageHome): readonly TaskWay[] {
  const source = taskInWorld(state, task);
  return source ? needsOf(task, definition, homeOf).map((need) => wayTo(state, source, need)) : [];
}

function wayTo(state: WholeState, source: WorldInterface, need: Need): TaskWay {
  if (need.service === undefined) {
    const world = worldAround(state, [source]);
    const path = pathOf(world, { from: source.address, to: SOMEWHERE, protocol: TCP, port: HTTPS });
    return { need, to: SOMEWHERE, host: need.host, path };
  }
  const { service, to, path } = wayToService(state, source, need.region, need.service);
  return { need, serviceName: service.fullName, to, host: need.kind === "image" ? need.host : service.host, path };
}

/** Whether Fargate's agent fetches what the task needs, from the task's own interface. On instances the host does. */
export function fetchesItself({ launchType, networkInterface }: TaskRecord): boolean {
  return launchType === "FARGATE" && networkInterface !== undefined;
}

/** What bars a task of Fargate's from its start; `undefined` where nothing does. */
export function barredWays(state: WholeState, task: TaskRecord, homeOf: ImageHome): BarredWays | undefined {
  const definition = state.table(taskDefinitions).get(task.taskDefinitionArn);
  if (!definition || !task.networkInterface || !fetchesItself(task)) return undefined;
  const barred = waysOf(state, task, definition, homeOf).filter(({ path }) => path.explanation !== undefined);
  if (barred.length === 0) return undefined;
  const pulls = new Map<string, BarredPull>();
  let failure: string | undefined;
  for (const { need, host, to, path } of barred) {
    const text = unreachableText(need, host, path.explanation?.code === "UNKNOWN_DESTINATION" ? undefined : to);
    if (need.kind !== "image" && need.kind !== "layers") failure ??= text;
    else for (const name of need.containers) if (!pulls.has(name)) pulls.set(name, { text, ...sourceOf(need, name, definition) });
  }
  const [first] = barred;
  const obstruction = first && pathStep("", first.path, first.serviceName).obstruction;
  return { vpcId: task.networkInterface.vpcId, pulls, ...(obstruction && { obstruction }), ...(failure !== undefined && { failure }) };
}

/** An image with credentials of its own is somebody's. */
function sourceOf({ service }: Need, container: string, { definition }: TaskDefinitionRecord): Pick<BarredPull, "fromEcr" | "image"> {
  if (service !== undefined) return { fromEcr: true };
  const named = definition.containerDefinitions?.find(({ name }) => name === container);
  return { fromEcr: false, ...(named?.image !== undefined && !named.repositoryCredentials && { image: named.image }) };
}
