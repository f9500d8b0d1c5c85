import { endpointEnvironment } from "../control/tasks/endpoint-environment.ts";
import { waysOfTasks } from "../control/reachability/wait-for-ways.ts";
import { resolver, type ResolverParts } from "../control/tasks/resolver.ts";
import type { Enforcement } from "../control/packet-filter/enforcement.ts";
import { taskLoop, type TaskLoopParts } from "../control/tasks/task-loop.ts";
import type { GatewayNameServers } from "../control/vpc-networks/gateway-name-servers.ts";
import { networkForTask } from "../control/vpc-networks/network-for-task.ts";
import { errorTrace } from "../domain/error-text.ts";
import { hostLink, type Link } from "../drivers/docker/link.ts";
import { openTaskEndpoint, type OpenTaskEndpoint, type TaskDoors } from "../gateway/task-endpoint/open-task-endpoint.ts";
import { taskEndpoint } from "../gateway/task-endpoint/task-endpoint.ts";
import { leaveUnanswered, reachesService } from "../gateway/task-endpoint/ways-of-calls.ts";
import type { Logger } from "../ports/logger.ts";
import { pullableImage } from "../registry/pullable-image.ts";
import { imageHome } from "../registry/resolve.ts";
import type { TaskRunner } from "../ports/task-runner.ts";
import type { VpcNetworks } from "../ports/vpc-networks.ts";
import type { Front } from "./front.ts";
import type { Start } from "./options.ts";
import type { WholePlatform } from "./platform.ts";

/** Tasks, and where they find what they are given: at which ports of the link-local address. Resolves when what ran before is adopted. */
export async function runTasks(
  { options, logger, opened }: Start,
  platform: WholePlatform,
  front: Front,
  {
    runner,
    networks,
    enforcement,
    names,
    connectReady,
  }: {
    readonly runner: TaskRunner;
    readonly networks: VpcNetworks;
    readonly enforcement: Pick<Enforcement, "inPlace"> | undefined;
    readonly names: Pick<GatewayNameServers, "ready" | "resolverIn">;
    readonly connectReady: TaskLoopParts["connectReady"] & {};
  },
): Promise<{ readonly doors: readonly number[] }> {
  const { state, clock, ids, secrets, hostGrants } = platform;
  const listener = taskEndpoint({
    platform,
    addressesOf: (taskArn) => runner.addressesOf(taskArn),
    otherwise: (request, response) =>
      reachesService(state, request) ? void front.server.emit("request", request, response) : leaveUnanswered(request),
    failed: (cause) => logger.error("the endpoint of tasks failed", { cause: errorTrace(cause) }),
  });
  const link = hostLink({ socketPath: options.dockerSocket });
  const taskDoors = await openLinkEndpoint(link, { port: front.port, listener, hostNames: options.hostNames }, logger);
  if (taskDoors) opened.use(taskDoors);
  const forTasks: Pick<ResolverParts, "ready" | "environment"> = taskDoors
    ? {
        ready: async () => void (await link.ensure()),
        environment: (task, container, hasRole) => endpointEnvironment(secrets, taskDoors, task, container, hasRole),
      }
    : {};
  const image = pullableImage(platform);
  const resolving = resolver({ state, secrets, clock, ids, image, hostGrants, ...forTasks });
  const making = networkForTask({ state, networks, logger, namesReady: (vpcId) => names.ready(vpcId) });
  const ways = waysOfTasks(
    state,
    (reference, scope) => imageHome(platform, reference, scope),
    options.unreachableAfterMs ?? UNREACHABLE_AFTER_MS,
  );
  const inPlace = enforcement && ((id: string) => enforcement.inPlace.wait(id));
  opened.use(
    await taskLoop({
      ...{ state, clock, ids, runner, logger, resolver: resolving, networkForTask: making, ways, connectReady },
      resolverIn: (vpcId) => names.resolverIn(vpcId),
      ...(inPlace && { inPlace }),
    }),
  );
  return { doors: taskDoors?.ports ?? [] };
}

/** For about as long Fargate's agent tries what it does not reach. */
const UNREACHABLE_AFTER_MS = 120_000;

/** Where tasks find their credentials, metadata and the APIs. Without it tasks run, and have none of these: the operator is told. */
async function openLinkEndpoint(link: Link, doors: Omit<TaskDoors, "address">, logger: Logger): Promise<OpenTaskEndpoint | undefined> {
  const without = "tasks get no credentials of their roles, no metadata and no endpoint of the APIs";
  const found = await link.ensure();
  if ("problem" in found) {
    logger.warn(without, { why: found.problem });
    return undefined;
  }
  try {
    return await openTaskEndpoint({ ...doors, address: found.address });
  } catch (cause) {
    logger.warn(without, { why: `${found.address}:${doors.port} cannot be listened on`, cause: errorTrace(cause) });
    return undefined;
  }
}
