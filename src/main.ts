import { together } from "./control/loop.ts";
import { stopAllTasks } from "./control/tasks/stop-all-tasks.ts";
import { certificateIssuer } from "./composition/certificate-issuer.ts";
import { openEndpointDoors } from "./composition/endpoint-doors.ts";
import { openEngine } from "./composition/engine.ts";
import { openFront } from "./composition/front.ts";
import { openHostNames } from "./composition/host-names.ts";
import { openFlowCounts, openPacketFilter, openPortGuard } from "./composition/packet-filter.ts";
import { openNetworks } from "./composition/networks.ts";
import { LOOPS } from "./composition/loops.ts";
import { openDoorForBackups } from "./composition/operator-door.ts";
import type { AirfieldOptions } from "./composition/options.ts";
import { openLogins } from "./composition/logins.ts";
import { openPlatform } from "./composition/platform.ts";
import { openPublicAddresses } from "./composition/public-addresses.ts";
import { openDoorForQuestions } from "./composition/questions.ts";
import { openProxy, openRequestLog } from "./composition/proxy.ts";
import { buildServer } from "./composition/server.ts";
import { openStorage } from "./composition/storage.ts";
import { runTasks } from "./composition/tasks.ts";
import { openTraffic } from "./composition/traffic.ts";
import { ClaimsKey } from "./control/logins/user-claims.ts";
import { Disposals } from "./disposals.ts";
import { keySets } from "./drivers/oidc/key-sets.ts";
import { endpointProber } from "./drivers/system/endpoint-prober.ts";
import { ServedNames } from "./drivers/host-names/served-names.ts";
import { lineLogger } from "./drivers/system/logger.ts";

export interface Airfield {
  /** How this machine's own tools reach it. */
  readonly url: string;
  readonly accessKeyId: string;
  /** The file of the authority that clients must be told to trust, where there is one. */
  readonly authorityFile?: string;
  /** Where names are answered to this host; absent where they are not. */
  readonly dns?: { readonly address: string; readonly port: number };
  /** Stops serving. Tasks and load balancers go on without us, unless `stopTasks`. */
  close(options?: { readonly stopTasks?: boolean }): Promise<void>;
}

/**
 * Puts the parts together, a chapter after the other. Resolves when requests are accepted and what ran before is adopted.
 * @throws RootKeyError, DatabaseInUseError, EngineUnavailableError, and what listening on the port throws
 */
export async function startAirfield(options: AirfieldOptions): Promise<Airfield> {
  const logger = options.logger ?? lineLogger();
  await using opened = new Disposals();
  const start = { options, logger, opened };

  // Storage
  const storage = await openStorage(start);
  const { installation } = storage;
  const networks = await openNetworks(start, storage);
  const enforcement = await openPacketFilter(start, storage, networks);
  await openPublicAddresses(start, storage, networks);

  await openDoorForBackups(start, storage);

  // Front
  let { port } = options;
  const served = new ServedNames();
  const platform = await openPlatform(start, storage, { port: () => port, served });
  const claimsKey = new ClaimsKey(platform.secrets);
  const server = buildServer(start, platform, { audit: storage.audit, claimsKey });
  const front = await openFront(start, server, { installation: installation.id, served });
  ({ port } = front);

  // Engine and traffic
  const requestLog = await openRequestLog(start, installation.id);
  const [engine, proxy] = await Promise.all([
    openEngine(start, platform, storage, enforcement && openPortGuard(installation.id)),
    openProxy(start, installation.id),
  ]);
  await openLogins(start, platform, { installation: installation.id, claimsKey });
  const doors = openEndpointDoors(start, platform.state, server, installation.id);
  const { balancing, connecting, names, queries } = openTraffic(start, platform, proxy, {
    ...{ networks, requestLog, troubles: storage.troubles, doors },
    isEnforced: enforcement !== undefined,
  });
  const dns = await openHostNames(start, platform, storage.troubles, queries);
  const { doors: taskDoors } = await runTasks(start, platform, front, {
    runner: engine,
    networks,
    enforcement,
    names,
    connectReady: (task) => connecting.ready(task),
  });
  await openDoorForQuestions(start, platform);

  // Loops
  const loops = opened.use(
    together(...LOOPS)({
      ...platform,
      logger,
      enforcement: enforcement && { ...enforcement, doors: taskDoors },
      flowCounts: enforcement && openFlowCounts(platform.clock, installation.id),
      certificateIssuer: certificateIssuer(options, installation.id),
      endpointProber,
      keySets,
    }),
  );

  const parts = opened.move();
  return {
    url: front.url,
    ...(front.authorityFile === undefined ? {} : { authorityFile: front.authorityFile }),
    accessKeyId: installation.rootCredentials.accessKeyId,
    ...(dns ? { dns } : {}),
    async close({ stopTasks = false } = {}) {
      await using _parts = parts;
      if (!stopTasks) return;
      // Nobody starts new ones meanwhile.
      await loops[Symbol.asyncDispose]();
      await stopAllTasks(platform.state, platform.clock);
      // What is being brought about is finished first: nothing starts the proxy again.
      await balancing[Symbol.asyncDispose]();
      await connecting[Symbol.asyncDispose]();
      await proxy.stop();
      await platform.packets?.remove();
    },
  };
}
