import { tmpdir } from "node:os";
import { join } from "node:path";
import { haproxyTrafficProxy } from "../drivers/haproxy/haproxy-traffic-proxy.ts";
import { requestLog } from "../drivers/haproxy/request-log.ts";
import type { RequestLog } from "../ports/request-log.ts";
import { requireHaproxy } from "../drivers/haproxy/haproxy-version.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import type { TrafficProxy } from "../ports/traffic-proxy.ts";
import type { Start } from "./options.ts";

/** The data plane of all load balancers. It outlives us. @throws HaproxyMissingError */
export async function openProxy({ options, logger, opened }: Start, installation: string): Promise<TrafficProxy> {
  // Who says ready can carry traffic: a load balancer that nobody could start would be found out by its user.
  await requireHaproxy(options.haproxyBinary);
  const proxy = await haproxyTrafficProxy({
    ...proxyPlaces(options.dataDirectory, installation),
    clock,
    logger,
    ...(options.haproxyBinary ? { binary: options.haproxyBinary } : {}),
    ...(options.hasLargeHeads ? { hasLargeHeads: true } : {}),
    stopped: (why) => logger.warn("the proxy had stopped and was started anew", { why }),
  });
  opened.defer(() => proxy.close());
  return proxy;
}

/** What the proxy tells of requests; it is there from before the proxy has something to tell. */
export async function openRequestLog({ options, logger, opened }: Start, installation: string): Promise<RequestLog> {
  return opened.use(await requestLog({ directory: proxyPlaces(options.dataDirectory, installation).directory, clock, logger }));
}

/** Where the data folder's path is long, earlier versions had the proxy's folder elsewhere: sockets have short paths. */
export function proxyPlaces(
  dataDirectory: string,
  installationId: string,
): { readonly directory: string; readonly formerDirectory?: string } {
  const directory = join(dataDirectory, "proxy");
  if (Buffer.byteLength(directory) <= LONGEST_FORMER_PATH) return { directory };
  return { directory, formerDirectory: join(tmpdir(), `airfield-${installationId}`) };
}

const LONGEST_FORMER_PATH = 75;
