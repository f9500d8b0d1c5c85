import { realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { auditor } from "./audit/auditor.ts";
import { mergedLog } from "./audit/merged-log.ts";
import { strangers } from "./audit/strangers.ts";
import { credentials } from "./authorization/credentials.ts";
import { imageActivation } from "./control/image-activation.ts";
import { keyLifecycle } from "./control/key-lifecycle.ts";
import { lifecycleLoop } from "./control/lifecycle/lifecycle-loop.ts";
import { loadBalancerNames } from "./control/load-balancing/load-balancer-names.ts";
import { loadBalancing } from "./control/load-balancing/load-balancing.ts";
import { targetSurroundings } from "./control/load-balancing/target-surroundings.ts";
import { logSink } from "./control/log-delivery.ts";
import { logRetention } from "./control/log-retention.ts";
import { parameterExpiry } from "./control/parameter-expiry.ts";
import { replicationBackfills } from "./control/replication/backfill.ts";
import { replication } from "./control/replication/replication.ts";
import { imageBills } from "./control/scanning/image-bill.ts";
import { imageScanning } from "./control/scanning/image-scanning.ts";
import { secretRotation } from "./control/secret-rotation/secret-rotation.ts";
import { serviceLoop } from "./control/services/service-loop.ts";
import { endpointEnvironment } from "./control/tasks/endpoint-environment.ts";
import { resolver, type ResolverParts } from "./control/tasks/resolver.ts";
import { stopAllTasks } from "./control/tasks/stop-all-tasks.ts";
import { taskLoop } from "./control/tasks/task-loop.ts";
import { vpcGateways } from "./control/vpc-gateways.ts";
import type { GatewayView } from "./decide/routing/view.ts";
import { DEFAULT_ACCOUNT } from "./domain/scope.ts";
import { normalPath, type HostGrants } from "./domain/host-grants.ts";
import { Disposals } from "./disposals.ts";
import { dnsServer } from "./drivers/dns/server.ts";
import { usedAddressBlocks } from "./drivers/docker/address-blocks.ts";
import { engineDataRoot } from "./drivers/docker/engine-info.ts";
import { hostLink, type Link } from "./drivers/docker/link.ts";
import { removeInstallation } from "./drivers/docker/remove-installation.ts";
import { dockerTaskRunner } from "./drivers/docker/runner.ts";
import { filesystemAuditLog } from "./drivers/filesystem/audit-log.ts";
import { FilesystemBlobStore } from "./drivers/filesystem/blob-store.ts";
import { sealPlainBlobs } from "./drivers/filesystem/plain-blobs.ts";
import { accountsFolder, followAccounts } from "./drivers/filesystem/accounts.ts";
import { newBackupFile } from "./drivers/filesystem/backup-file.ts";
import { openHostPaths } from "./drivers/filesystem/host-paths.ts";
import { installationId, openInstallation } from "./drivers/filesystem/installation.ts";
import { operatorRootKey } from "./drivers/filesystem/root-key.ts";
import { canBind } from "./drivers/haproxy/can-bind.ts";
import { haproxyTrafficProxy } from "./drivers/haproxy/haproxy-traffic-proxy.ts";
import { followHostNames } from "./drivers/host-names/follow.ts";
import { hostNamesFolder } from "./drivers/host-names/record.ts";
import { oidcIdentityProviders } from "./drivers/oidc/identity-providers.ts";
import type { S3Location } from "./drivers/s3/location.ts";
import { openTroubles, type Troubles } from "./drivers/filesystem/troubles.ts";
import { sqliteJournal } from "./drivers/sqlite/journal.ts";
import { sqliteLogStore } from "./drivers/sqlite/log-store.ts";
import { systemClock as clock } from "./drivers/system/clock.ts";
import { hostNetworks } from "./drivers/system/host-networks.ts";
import { systemIds as ids } from "./drivers/system/ids.ts";
import { registryClient } from "./drivers/upstream-registry/registry-client.ts";
import { localAddresses } from "./drivers/system/local-addresses.ts";
import { lineLogger } from "./drivers/system/logger.ts";
import { hostNameServers } from "./drivers/system/name-servers.ts";
import { secretBox } from "./drivers/system/secret-box.ts";
import { openEndpointCertificate, ownNames, type CertificateSource } from "./drivers/tls/endpoint-certificate.ts";
import { openEndpoint, type Endpoint } from "./gateway/endpoint.ts";
import { LOOPBACK } from "./gateway/loopback.ts";
import { vulnerabilityFolder } from "./drivers/vulnerability-data/database.ts";
import { openVulnerabilityData } from "./drivers/vulnerability-data/vulnerability-data.ts";
import { gateway } from "./gateway/gateway.ts";
import { throttle } from "./gateway/throttle.ts";
import { openTaskEndpoint, type OpenTaskEndpoint, type TaskDoors } from "./gateway/task-endpoint/open-task-endpoint.ts";
import { taskEndpoint } from "./gateway/task-endpoint/task-endpoint.ts";
import { httpServer } from "./gateway/server.ts";
import { openTlsEndpoint } from "./gateway/tls-endpoint.ts";
import type { RequestLimit } from "./decide/throttle/token-bucket.ts";
import type { AuditLog } from "./ports/audit-log.ts";
import type { BlobStore } from "./ports/blob-store.ts";
import type { Logger } from "./ports/logger.ts";
import { blobCollector } from "./registry/collect.ts";
import { pullThrough } from "./registry/pull-through/pull-through.ts";
import { registryHandler } from "./registry/registry.ts";
import { homesOf, settleOldRepositories } from "./registry/upgrade.ts";
import { pullableImage } from "./registry/pullable-image.ts";
import { SERVICES } from "./services/catalogue.ts";
import type { Platform } from "./services/platform.ts";
import { hostBlocks } from "./state/host-blocks.ts";
import { openState } from "./state/open-state.ts";
import type { WholeState } from "./state/state.ts";

export interface AirfieldOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly dataDirectory: string;
  readonly dockerSocket: string;
  readonly haproxyBinary?: string;
  readonly logger?: Logger;
  /** How long audit records are kept. */
  readonly audit?: AuditRetention;
  /** Listened on besides loopback; needs `tls` where it is not loopback itself. */
  readonly host?: string;
  /** Everything over TLS: with the operator's certificate, or one of our own for these further names. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | { readonly names: readonly string[] };
  /** Where the registry's bytes lie; in the data folder where absent. */
  readonly registryStore?: S3Location;
  /** Blocks of addresses that load balancers may send to besides those of their VPC: loopback and other addresses of this host, public ones. */
  readonly targetAddresses?: readonly string[];
  /** What of the host tasks may reach beside the folders of their accounts; nothing where absent. */
  readonly hostRights?: HostRights;
  /** How often each principal may call each API. No limit where absent. */
  readonly requestLimit?: RequestLimit;
  /** By which clients may call it, besides names and addresses that are its own: also `*.example.com`. */
  readonly hostNames?: readonly string[];
  /** Of pages whose scripts may read answers, besides its own. */
  readonly origins?: readonly string[];
  /** Origins that the pull-through cache may read besides the registries that ECR knows, such as `http://localhost:5000`. */
  readonly allowedUpstreams?: readonly string[];
}

export interface HostRights extends Pick<HostGrants, "paths" | "volumes" | "privilegedAccounts"> {
  /** Whether every account may have images that were made on the engine. */
  readonly imagesMadeHere: boolean;
}

export interface AuditRetention {
  readonly days: number;
  /** Bytes of all records together; the oldest go first. */
  readonly largestTotal: number;
}

/** As long as CloudTrail's event history. */
const DEFAULT_AUDIT_RETENTION: AuditRetention = { days: 90, largestTotal: 1024 * 1024 * 1024 };

/** Bytes of the records of requests that nobody signed: a week of an attack that does not end. */
const STRANGERS_TOTAL = 32 * 1024 * 1024;

export interface Airfield {
  /** How this machine's own tools reach it. */
  readonly url: string;
  readonly accessKeyId: string;
  /** The file of the authority that clients must be told to trust, where there is one. */
  readonly authorityFile?: string;
  /** Stops serving. Tasks and load balancers go on without us, unless `stopTasks`. */
  close(options?: { readonly stopTasks?: boolean }): Promise<void>;
}

/**
 * Puts the parts together: the only place that knows the drivers. Resolves when requests are accepted and what ran before is adopted.
 * @throws RootKeyError, DatabaseInUseError, EngineUnavailableError, and what listening on the port throws
 */
export async function startAirfield(options: AirfieldOptions): Promise<Airfield> {
  const { dataDirectory, dockerSocket: socketPath } = options;
  const logger = options.logger ?? lineLogger();
  const installation = await openInstallation(
    dataDirectory,
    {
      accessKeyId: process.env["AIRFIELD_ROOT_ACCESS_KEY_ID"],
      secretAccessKey: process.env["AIRFIELD_ROOT_SECRET_ACCESS_KEY"],
      rootKey: await operatorRootKey(process.env),
    },
    (file, mode) => logger.warn(EXPOSED, { file, mode: mode.toString(8) }),
  );
  // Processes that are started from here, such as the proxy, need not have it.
  delete process.env["AIRFIELD_ROOT_KEY"];
  await using opened = new Disposals();

  // Memory that is ahead of the disk must not answer anybody: better no control plane than one that forgets.
  const journal = sqliteJournal(join(dataDirectory, "state.db"));
  opened.defer(() => journal.close());
  const state = await openState(journal, {
    backup: async (version) => {
      const file = await newBackupFile(dataDirectory, version, clock.now());
      journal.copyTo(file);
      logger.warn("the data is of an earlier version; a copy of the state was kept", { version, file });
    },
    migrated: (step) => logger.warn("the state was brought to a later version", step),
    failed: (cause) => {
      logger.error("the journal failed; ending before anything else is promised", { cause: String(cause) });
      process.exit(70);
    },
  });
  const logs = sqliteLogStore(join(dataDirectory, "logs.db"));
  opened.defer(() => logs.close());
  const { known, unproved } = auditLogs(options, logger);
  const audit = mergedLog(known, unproved);
  opened.defer(() => audit.close());
  const secrets = secretBox(installation.rootKey);
  const vulnerabilities = opened.use(openVulnerabilityData(vulnerabilityFolder(dataDirectory), logger));
  const blobs = await openBlobs(options, installation.id, opened);
  settleOldRepositories({ state, secrets, clock, ids });
  await state.durable();
  const damaged = (digest: string): void => logger.warn("a blob of an earlier version is damaged and is left aside", { digest });
  await sealPlainBlobs(join(dataDirectory, "registry"), (digest) => homesOf({ state, secrets, clock, blobs }, digest), damaged);

  const grants = await hostGrants(options, installation.id);
  const hostPath = await openHostPaths(grants);
  const blocks = await usedAddressBlocks({ socketPath, instance: installation.id });
  state.commit(() => noteHostBlocks(state, blocks));

  const accounts = opened.use(await followAccounts(accountsFolder(dataDirectory), logger));
  const root = { account: DEFAULT_ACCOUNT, ...installation.rootCredentials };
  let { port } = options;
  const surroundings = targetSurroundings({ state, host: hostNetworks, openedBlocks: options.targetAddresses ?? [] });
  const platform: Platform = {
    state,
    clock,
    ids,
    secrets,
    credentials: credentials({ state, secrets, roots: () => [root, ...accounts.current] }),
    identityProviders: oidcIdentityProviders({ clock }),
    logs,
    audit,
    blobs,
    vulnerabilities,
    targetSurroundings: surroundings,
    upstreams: opened.use(registryClient({ clock, allowed: options.allowedUpstreams ?? [] })),
    allowedUpstreams: options.allowedUpstreams ?? [],
    get registryHost() {
      return `localhost:${port}`;
    },
    registryOverTls: options.tls !== undefined,
    hostGrants: grants,
  };
  const cache = opened.use(pullThrough({ platform, upstreams: platform.upstreams, logger }));
  const { record: recordStranger } = opened.use(strangers({ log: unproved, clock, ids }));
  const recordCall = auditor({ log: known, strangers: recordStranger, state, ids });
  const server = httpServer({
    gateway: gateway({
      services: SERVICES,
      platform,
      failed: (cause, operation, requestId) => logger.error("an operation failed", { operation, requestId, cause: described(cause) }),
      audit: recordCall,
      ...(options.requestLimit ? { throttle: throttle(options.requestLimit) } : {}),
    }),
    registry: registryHandler(platform, {
      pullThrough: cache,
      softwareBills: imageBills(platform),
      failed: (cause) => logger.error("the registry failed", { cause: described(cause) }),
      audit: recordCall,
    }),
    failed: (cause) => logger.error("a request failed", { cause: described(cause) }),
    hostNames: options.hostNames,
    origins: options.origins,
  });
  const front: { endpoint?: Endpoint } = {};
  const source = certificateSource(options, installation.id);
  const certificate =
    source && opened.use(await openEndpointCertificate(source, { clock, logger, changed: (made) => front.endpoint?.show(made) }));
  const opening = await openEndpoint(server, {
    addresses: addressesOf(options),
    port: options.port,
    ...(certificate ? { credential: certificate.current } : {}),
  });
  front.endpoint = opening;
  ({ port } = opening);
  opened.defer(async () => {
    const closed = opening[Symbol.asyncDispose]();
    server.closeAllConnections();
    await closed;
  });

  const troubles = openTroubles(dataDirectory, () => clock.now());
  const [runner, proxy] = await Promise.all([
    dockerTaskRunner({
      socketPath,
      instance: installation.id,
      clock,
      logSink: logSink({ state, logs, clock }),
      logger: (message) => logger.warn(message),
      engineAway: (why) => engineAway(why, troubles, logger),
      dnsServers: await hostNameServers(),
      gatewayNames: true,
      hostPath,
      pulledImagesFile: join(dataDirectory, "pulled-images.jsonl"),
      imagesMadeHere: options.hostRights?.imagesMadeHere ?? true,
    }),
    haproxyTrafficProxy({
      ...proxyPlaces(dataDirectory, installation.id),
      clock,
      logger,
      ...(options.haproxyBinary ? { binary: options.haproxyBinary } : {}),
      stopped: (why) => logger.warn("the proxy had stopped and was started anew", { why }),
    }),
  ]);
  opened.defer(() => runner.close());
  opened.defer(() => proxy.close());
  const balancing = opened.use(loadBalancing({ state, clock, proxy, logger, surroundings, canBind }));
  // In one step, so that a restart's first configuration has the gateways, too.
  const names = opened.use(gatewayNameServers(state, logger));
  const gateways = vpcGateways(state, (found) => {
    // Names first: a listener on their port goes without the gateway.
    names.listen(found);
    balancing.bind(found);
  });
  opened.defer(() => gateways[Symbol.dispose]());
  const listener = taskEndpoint({
    platform,
    addressesOf: (taskArn) => runner.addressesOf(taskArn),
    otherwise: (request, response) => void server.emit("request", request, response),
    failed: (cause) => logger.error("the endpoint of tasks failed", { cause: described(cause) }),
  });
  const link = hostLink({ socketPath });
  const taskDoors = await openLinkEndpoint(link, { port, listener, hostNames: options.hostNames }, logger);
  if (taskDoors) opened.use(taskDoors);
  const forTasks: Pick<ResolverParts, "ready" | "environment"> = taskDoors
    ? {
        ready: async () => void (await link.ensure()),
        environment: (task, container, hasRole) => endpointEnvironment(secrets, taskDoors, task, container, hasRole),
      }
    : {};
  const image = pullableImage(platform);
  const resolving = resolver({ state, secrets, clock, ids, image, hostGrants: grants, ...forTasks });
  opened.use(await taskLoop({ state, clock, ids, runner, logger, resolver: resolving }));
  const scheduling = opened.use(serviceLoop({ state, clock, ids, logger }));
  opened.use(logRetention({ state, logs, clock, logger }));
  opened.use(keyLifecycle({ state, secrets, clock, logger }));
  opened.use(imageActivation({ state, blobs, secrets, clock, logger }));
  opened.use(imageScanning({ state, blobs, secrets, vulnerabilities, clock, logger }));
  opened.use(parameterExpiry({ state, clock, logger }));
  opened.use(lifecycleLoop({ state, clock, ids, audit, logger }));
  opened.use(replication({ ...platform, logger }));
  opened.use(replicationBackfills({ ...platform, logger }));
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
    url: `${certificate ? "https" : "http"}://${LOOPBACK}:${port}`,
    ...(certificate?.authorityFile === undefined ? {} : { authorityFile: certificate.authorityFile }),
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

/** Who is known has a log, and who is not has one of its own size beside it. */
function auditLogs({ dataDirectory, audit }: AirfieldOptions, logger: Logger): { readonly known: AuditLog; readonly unproved: AuditLog } {
  const directory = join(dataDirectory, "audit");
  const { days, largestTotal } = audit ?? DEFAULT_AUDIT_RETENTION;
  const failed = (cause: unknown, lost: number): void => logger.error("the audit log cannot be written", { cause: String(cause), lost });
  const unproved = { directory: join(directory, "strangers"), largestTotal: Math.min(largestTotal, STRANGERS_TOTAL) };
  return {
    known: filesystemAuditLog({ directory, clock, days, largestTotal, failed }),
    unproved: filesystemAuditLog({ ...unproved, clock, days, failed }),
  };
}

/** The registry's bytes: files in the data folder, or a part of a bucket with only the uploads under way here. */
async function openBlobs({ dataDirectory, registryStore }: AirfieldOptions, owner: string, opened: Disposals): Promise<BlobStore> {
  const directory = join(dataDirectory, "registry");
  if (!registryStore) return FilesystemBlobStore.open(directory);
  const { S3BlobStore } = await import("./drivers/s3/blob-store.ts");
  const store = await S3BlobStore.open(registryStore, { directory, owner });
  opened.defer(() => store.close());
  return store;
}

/** What of the host tasks may reach, and what they never may: our own data and keys, and the engine's, under the names that we know for them. */
async function hostGrants({ dataDirectory, dockerSocket, hostRights, tls }: AirfieldOptions, installation: string): Promise<HostGrants> {
  const { paths = [], volumes = [], privilegedAccounts = [] } = hostRights ?? {};
  const own = await realpath(dataDirectory);
  const keys = [process.env["AIRFIELD_ROOT_KEY_FILE"] ?? "", tls && "keyFile" in tls ? tls.keyFile : ""].map(
    (file) => file && resolve(file),
  );
  const engine = [dockerSocket, ...ENGINE_SOCKETS, await engineDataRoot({ socketPath: dockerSocket })];
  const never = [dataDirectory, own, ...Object.values(proxyPlaces(dataDirectory, installation)), ...keys, ...engine];
  return {
    paths,
    volumes,
    privilegedAccounts,
    ownFolders: join(own, "host-volumes"),
    never: never.flatMap((path) => normalPath(path) ?? []),
  };
}

/** Where engines listen as a rule, whichever of them we talk to. */
const ENGINE_SOCKETS = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock"];

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

const EXPOSED = "a file of keys could be read by other users of this machine until now; if there are any, its keys should be replaced";

/** Certificates of our own are for the names and addresses that this machine may be called by. */
function certificateSource(options: AirfieldOptions, installation: string): CertificateSource | undefined {
  const { dataDirectory, tls } = options;
  if (!tls) return undefined;
  if ("keyFile" in tls) return { kind: "given", ...tls };
  const hosts = [...new Set([...ownNames(), LOOPBACK, ...addressesOf(options), ...tls.names])];
  return { kind: "own", folder: join(dataDirectory, "tls"), installation, hosts };
}

/** What is listened on besides loopback. */
function addressesOf({ host }: AirfieldOptions): readonly string[] {
  if (host === undefined) return [];
  return host === "0.0.0.0" || host === "::" ? localAddresses(host) : [host];
}

/** What needs the engine waits meanwhile: said where an operator looks, once for each time. */
function engineAway(why: string | undefined, troubles: Troubles, logger: Logger): void {
  const before = troubles.tell("engine", why && `${why}; tasks neither start nor stop until it does`);
  if (why === undefined) logger.warn("the Docker engine answers again");
  else if (before === undefined) logger.error("the Docker engine does not answer; tasks neither start nor stop until it does", { why });
}

/** Name servers for tasks, one at the gateway of each VPC. */
function gatewayNameServers(state: WholeState, logger: Logger): AsyncDisposable & { listen(gateways: readonly GatewayView[]): void } {
  const failed = (cause: unknown): void => logger.warn("tasks cannot look up load balancers by name", { cause: described(cause) });
  const servers = new Map<string, Promise<AsyncDisposable | undefined>>();
  return {
    listen(gateways) {
      for (const gateway of gateways) {
        if (servers.has(gateway.address)) continue;
        const resolve = loadBalancerNames(state, gateway);
        const opening = dnsServer({ addresses: [gateway.address], port: 53, resolve, failed });
        servers.set(gateway.address, opening.catch(failed as () => undefined));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers.values()) await (await server)?.[Symbol.asyncDispose]();
    },
  };
}

/** What the host uses may have changed since the last start. */
function noteHostBlocks(state: WholeState, blocks: readonly string[]): void {
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
  const id = await installationId(dataDirectory);
  await removeInstallation({ socketPath: dockerSocket, instance: id });
  const proxy = await haproxyTrafficProxy({ ...proxyPlaces(dataDirectory, id), clock });
  await proxy.stop();
}

/** Where the data folder's path is long, earlier versions had the proxy's folder elsewhere: sockets have short paths. */
function proxyPlaces(dataDirectory: string, installationId: string): { readonly directory: string; readonly formerDirectory?: string } {
  const directory = join(dataDirectory, "proxy");
  if (Buffer.byteLength(directory) <= LONGEST_FORMER_PATH) return { directory };
  return { directory, formerDirectory: join(tmpdir(), `airfield-${installationId}`) };
}

const LONGEST_FORMER_PATH = 75;

function described(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
