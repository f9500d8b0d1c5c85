import { join, resolve } from "node:path";
import { logSink } from "../control/log-delivery.ts";
import { openHostPaths } from "../drivers/filesystem/host-paths.ts";
import { dockerTaskRunner } from "../drivers/docker/runner.ts";
import type { Troubles } from "../drivers/filesystem/troubles.ts";
import { hostNameServers } from "../drivers/system/name-servers.ts";
import type { Logger } from "../ports/logger.ts";
import type { PortGuard } from "../ports/port-guard.ts";
import type { TaskRunner } from "../ports/task-runner.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";
import type { WholePlatform } from "./platform.ts";

/** The engine that runs tasks: one of Docker on this host. @throws EngineUnavailableError */
export async function openEngine(
  { options, logger, opened }: Start,
  { state, logs, clock, hostGrants }: WholePlatform,
  { installation, troubles }: Storage,
  guard: PortGuard | undefined,
): Promise<TaskRunner> {
  const runner = await dockerTaskRunner({
    socketPath: options.dockerSocket,
    instance: installation.id,
    clock,
    logSink: logSink({ state, logs, clock }),
    logger: (message) => logger.warn(message),
    engineAway: (why) => engineAway(why, troubles, logger),
    dnsServers: hostNameServers(),
    gatewayNames: true,
    // Beside no secret: the engine is told the path.
    resolverFolder: resolve(options.dataDirectory, "resolv.conf.d"),
    hostPath: await openHostPaths(hostGrants),
    pulledImagesFile: join(options.dataDirectory, "pulled-images.jsonl"),
    ...(guard && { guard }),
    imagesMadeHere: options.hostRights?.imagesMadeHere ?? true,
  });
  opened.defer(() => runner.close());
  return runner;
}

/** What needs the engine waits meanwhile: said where an operator looks, once for each time. */
function engineAway(why: string | undefined, troubles: Troubles, logger: Logger): void {
  const before = troubles.tell("engine", why && `${why}; tasks neither start nor stop until it does`);
  if (why === undefined) logger.warn("the Docker engine answers again");
  else if (before === undefined) logger.error("the Docker engine does not answer; tasks neither start nor stop until it does", { why });
}
