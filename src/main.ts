import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { auditor } from "./audit/auditor.ts";
import { credentials } from "./authorization/credentials.ts";
import { loadBalancerNames } from "./control/load-balancing/load-balancer-names.ts";
import { loadBalancing } from "./control/load-balancing/load-balancing.ts";
import { logSink } from "./control/log-delivery.ts";
import { logRetention } from "./control/log-retention.ts";
import { parameterExpiry } from "./control/parameter-expiry.ts";
import { secretRotation } from "./control/secret-rotation/secret-rotation.ts";
import { serviceLoop } from "./control/services/service-loop.ts";
import { endpointEnvironment } from "./control/tasks/endpoint-environment.ts";
import { resolver, type ResolverParts } from "./control/tasks/resolver.ts";
import { stopAllTasks } from "./control/tasks/stop-all-tasks.ts";
import { taskLoop } from "./control/tasks/task-loop.ts";
import { vpcGateways } from "./control/vpc-gateways.ts";
import { DEFAULT_ACCOUNT } from "./domain/scope.ts";
import { Disposals } from "./disposals.ts";
import { dnsServer } from "./drivers/dns/server.ts";
import { usedAddressBlocks } from "./drivers/docker/address-blocks.ts";
import { hostLink, type Link } from "./drivers/docker/link.ts";
import { removeInstallation } from "./drivers/docker/remove-installation.ts";
import { dockerTaskRunner } from "./drivers/docker/runner.ts";
import { filesystemAuditLog } from "./drivers/filesystem/audit-log.ts";
import { FilesystemBlobStore } from "./drivers/filesystem/blob-store.ts";
import { openInstallation } from "./drivers/filesystem/installation.ts";
import { canBind } from "./drivers/haproxy/can-bind.ts";
import { haproxyTrafficProxy } from "./drivers/haproxy/haproxy-traffic-proxy.ts";
import { followHostNames } from "./drivers/host-names/follow.ts";
import { hostNamesFolder } from "./drivers/host-names/record.ts";
import { oidcIdentityProviders } from "./drivers/oidc/identity-providers.ts";
import { sqliteJournal } from "./drivers/sqlite/journal.ts";
import { sqliteLogStore } from "./drivers/sqlite/log-store.ts";
import { systemClock as clock } from "./drivers/system/clock.ts";
import { systemIds as ids } from "./drivers/system/ids.ts";
import { lineLogger } from "./drivers/system/logger.ts";
import { hostNameServers } from "./drivers/system/name-servers.ts";
import { secretBox } from "./drivers/system/secret-box.ts";
import { gateway } from "./gateway/gateway.ts";
import { openTaskEndpoint, type OpenTaskEndpoint, type TaskDoors } from "./gateway/task-endpoint/open-task-endpoint.ts";
import { taskEndpoint } from "./gateway/task-endpoint/task-endpoint.ts";
import { httpServer } from "./gateway/server.ts";
import { openTlsEndpoint } from "./gateway/tls-endpoint.ts";
import type { Logger } from "./ports/logger.ts";
import { blobCollector } from "./registry/collect.ts";
import { registryHandler } from "./registry/registry.ts";
import { pullableImage } from "./registry/pullable-image.ts";
import { SERVICES } from "./services/catalogue.ts";
import type { Platform } from "./services/platform.ts";
import { hostBlocks } from "./state/host-blocks.ts";
import { State } from "./state/state.ts";

export interface AirfieldOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly dataDirectory: string;
  readonly dockerSocket: string;
  readonly haproxyBinary?: string;
  readonly logger?: Logger;
  /** How long audit records are kept. */
  readonly audit?: AuditRetention;
}

export interface AuditRetention {
  readonly days: number;
  /** Bytes of all records together; the oldest go first. */
  readonly largestTotal: number;
}

/** As long as CloudTrail's event history. */
const DEFAULT_AUDIT_RETENTION: AuditRetention = { days: 90, largestTotal: 1024 * 1024 * 1024 };

export interface Airfield {
  readonly url: string;
  readonly accessKeyId: string;
  /** Stops serving. Tasks and load balancers go on without us, unless `stopTasks`. */
  close(options?: { readonly stopTasks?: boolean }): Promise<void>;
}

/** Nothing listens beyond loopback unless it is told to. */
const HOST = "127.0.0.1";

/**
 * Puts the parts together: the only place that knows the drivers. Resolves when requests are accepted and what ran before is adopted.
 * @throws DatabaseInUseError, EngineUnavailableError, and what listening on the port throws
 */
export async function startAirfield(options: AirfieldOptions): Promise<Airfield> {
  const { dataDirectory, dockerSocket: socketPath } = options;
  const logger = options.logger ?? lineLogger();
  const installation = await openInstallation(dataDirectory, {
    accessKeyId: process.env["AIRFIELD_ROOT_ACCESS_KEY_ID"],
    secretAccessKey: process.env["AIRFIELD_ROOT_SECRET_ACCESS_KEY"],
  });
  await using opened = new Disposals();

  // Memory that is ahead of the disk must not answer anybody: better no control plane than one that forgets.
  const state = new State(sqliteJournal(join(dataDirectory, "state.db")), (cause) => {
    logger.error("the journal failed; ending before anything else is promised", { cause: String(cause) });
    process.exit(70);
  });
  opened.defer(() => state.close());
  const logs = sqliteLogStore(join(dataDirectory, "logs.db"));
  opened.defer(() => logs.close());
  const audit = filesystemAuditLog({
    directory: join(dataDirectory, "audit"),
    clock,
    ...(options.audit ?? DEFAULT_AUDIT_RETENTION),
    failed: (cause, lost) => logger.error("the audit log cannot be written", { cause: String(cause), lost }),
  });
  opened.defer(() => audit.close());
  const secrets = secretBox(installation.rootKey);
  const blobs = await FilesystemBlobStore.open(join(dataDirectory, "registry"));

  const blocks = await usedAddressBlocks({ socketPath, instance: installation.id });
  state.commit(() => noteHostBlocks(state, blocks));

  const roots = [{ account: DEFAULT_ACCOUNT, ...installation.rootCredentials }];
  let { port } = options;
  const platform: Platform = {
    state,
    clock,
    ids,
    secrets,
    credentials: credentials({ state, secrets, roots: () => roots }),
    identityProviders: oidcIdentityProviders({ clock }),
    logs,
    audit,
    blobs,
    get registryHost() {
      return `localhost:${port}`;
    },
  };
  const server = httpServer({
    gateway: gateway({
      services: SERVICES,
      platform,
      failed: (cause, operation, requestId) => logger.error("an operation failed", { operation, requestId, cause: described(cause) }),
      audit: auditor({ log: audit, state, ids }),
    }),
    registry: registryHandler(platform, { failed: (cause) => logger.error("the registry failed", { cause: described(cause) }) }),
    failed: (cause) => logger.error("a request failed", { cause: described(cause) }),
  });
  server.listen(options.port, HOST);
  await once(server, "listening");
  opened.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  ({ port } = server.address() as AddressInfo);

  const [runner, proxy] = await Promise.all([
    dockerTaskRunner({
      socketPath,
      instance: installation.id,
      clock,
      logSink: logSink({ state, logs, clock }),
      logger: (message) => logger.warn(message),
      dnsServers: await hostNameServers(),
      gatewayNames: true,
    }),
    haproxyTrafficProxy({
      directory: proxyDirectory(dataDirectory, installation.id),
      clock,
      logger,
      ...(options.haproxyBinary ? { binary: options.haproxyBinary } : {}),
      stopped: (why) => logger.warn("the proxy had stopped and was started anew", { why }),
    }),
  ]);
  opened.defer(() => runner.close());
  opened.defer(() => proxy.close());
  const balancing = opened.use(loadBalancing({ state, clock, proxy, logger, canBind }));
  const listener = taskEndpoint({
    platform,
    addressesOf: (taskArn) => runner.addressesOf(taskArn),
    otherwise: (request, response) => void server.emit("request", request, response),
    failed: (cause) => logger.error("the endpoint of tasks failed", { cause: described(cause) }),
  });
  const link = hostLink({ socketPath });
  const endpoint = await openLinkEndpoint(link, { port, listener }, logger);
  if (endpoint) opened.use(endpoint);
  const forTasks: Pick<ResolverParts, "ready" | "environment"> = endpoint
    ? {
        ready: async () => void (await link.ensure()),
        environment: (task, container, hasRole) => endpointEnvironment(secrets, endpoint, task, container, hasRole),
      }
    : {};
  const image = pullableImage(platform);
  const resolving = resolver({ state, secrets, clock, ids, image, ...forTasks });
  opened.use(await taskLoop({ state, clock, ids, runner, logger, resolver: resolving }));
  const names = opened.use(gatewayNameServers(state, logger));
  const gateways = vpcGateways(state, (addresses) => {
    balancing.bind([HOST, ...addresses]);
    names.listen(addresses);
  });
  opened.defer(() => gateways[Symbol.dispose]());
  const scheduling = opened.use(serviceLoop({ state, clock, ids, logger }));
  opened.use(logRetention({ state, logs, clock, logger }));
  opened.use(parameterExpiry({ state, clock, logger }));
  opened.use(secretRotation({ state, clock, ids, secrets, logger }));
  const hostNames = hostNamesFolder(dataDirectory);
  opened.use(await followHostNames({ folder: hostNames, clock, logger, open: (door) => openTlsEndpoint(server, door) }));
  const collecting = blobCollector({
    state,
    blobs,
    clock,
    failed: (cause) => logger.error("collecting blobs failed", { cause: described(cause) }),
  });
  opened.defer(() => collecting[Symbol.dispose]());

  const parts = opened.move();
  return {
    url: `http://${HOST}:${port}`,
    accessKeyId: installation.rootCredentials.accessKeyId,
    async close({ stopTasks = false } = {}) {
      if (stopTasks) {
        await scheduling[Symbol.asyncDispose]();
        await stopAllTasks(state, clock);
        // What is being brought about is finished first: nothing starts the proxy again.
        await balancing[Symbol.asyncDispose]();
        await proxy.stop();
      }
      await parts[Symbol.asyncDispose]();
    },
  };
}

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
    logger.warn(without, { why: `${found.address}:${doors.port} cannot be listened on`, cause: described(cause) });
    return undefined;
  }
}

/** Name servers for tasks, one at the gateway of each VPC. */
function gatewayNameServers(state: State, logger: Logger): AsyncDisposable & { listen(addresses: readonly string[]): void } {
  const resolve = loadBalancerNames(state);
  const failed = (cause: unknown): void => logger.warn("tasks cannot look up load balancers by name", { cause: described(cause) });
  const servers = new Map<string, Promise<AsyncDisposable | undefined>>();
  return {
    listen(addresses) {
      for (const address of addresses)
        if (!servers.has(address))
          servers.set(address, dnsServer({ addresses: [address], port: 53, resolve, failed }).catch(failed as () => undefined));
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers.values()) await (await server)?.[Symbol.asyncDispose]();
    },
  };
}

/** What the host uses may have changed since the last start. */
function noteHostBlocks(state: State, blocks: readonly string[]): void {
  const table = state.table(hostBlocks);
  for (const { cidr } of [...table.values()]) if (!blocks.includes(cidr)) table.delete(cidr);
  for (const cidr of blocks) if (!table.has(cidr)) table.put({ cidr });
}

export interface Removal {
  readonly dataDirectory: string;
  readonly dockerSocket: string;
}

/** Removes what an installation that does not run has left outside of its data folder: containers, networks, volumes, its proxy. */
export async function removeLeftovers({ dataDirectory, dockerSocket }: Removal): Promise<void> {
  const installation = await openInstallation(dataDirectory, { accessKeyId: undefined, secretAccessKey: undefined });
  await removeInstallation({ socketPath: dockerSocket, instance: installation.id });
  const proxy = await haproxyTrafficProxy({ directory: proxyDirectory(dataDirectory, installation.id), clock });
  await proxy.stop();
}

/** Sockets have short paths: where the data folder's is long, the proxy's folder lies elsewhere. */
function proxyDirectory(dataDirectory: string, installationId: string): string {
  const usual = join(dataDirectory, "proxy");
  return Buffer.byteLength(usual) <= LONGEST_PROXY_PATH ? usual : join(tmpdir(), `airfield-${installationId}`);
}

const LONGEST_PROXY_PATH = 75;

function described(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
