import { engineSocket } from "../../bin/setup/engine-socket.js";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import { acmeSetting } from "./acme-setting.ts";
import { browserSettings } from "./browser-settings.ts";
import { dnsSetting, sharedDomainsSetting } from "./dns/setting.ts";
import { endpointSettings, type EndpointFlags } from "./endpoint-settings.ts";
import { auditSetting, registryMemorySetting, requestLimitSetting, unreachableSetting } from "./limit-settings.ts";
import { hostRightsSettings, type HostRightsFlags } from "./host-rights-settings.ts";
import { logBucketsSetting } from "./log-buckets-setting.ts";
import { objectsSetting } from "./objects-setting.ts";
import { registryStoreSetting } from "./registry-store-setting.ts";
import { lookWhereRootDoes } from "./program-path.ts";
import { packetFilterSetting } from "./packet-filter-setting.ts";
import { publicAddressesSetting } from "./public-addresses-setting.ts";
import { forgetServer, recordServer } from "./running-server.ts";
import { keepCoreFilesEmpty } from "../drivers/system/core-files.ts";
import { dataSetting, portSetting } from "./settings.ts";
import { largeHeadsSetting } from "./large-heads-setting.ts";
import { targetAddressesSetting } from "./target-addresses-setting.ts";
import { pullThroughUpstreamsSetting } from "./upstream-setting.ts";
import { untilDone } from "./until-done.ts";

export interface StartFlags extends EndpointFlags, HostRightsFlags {
  readonly port?: string;
  readonly data?: string;
  readonly dockerSocket?: string;
  readonly stopTasks?: boolean;
  readonly requirePacketFilter?: boolean;
  readonly dns?: string;
}

/** A stop takes seconds. Where a part of it hangs, all that was acknowledged is on disk nevertheless, and whoever supervises us would only kill us. */
const STOP_WITHIN_MS = 60_000;

/** `airfield start`: serves until SIGTERM or SIGINT. Prints one line, with `ready`, when it accepts requests. */
export async function start(flags: StartFlags): Promise<void> {
  const port = portSetting(flags.port);
  const dataDirectory = dataSetting(flags.data);
  const dockerSocket = engineSocket(flags.dockerSocket);
  const endpoint = endpointSettings(flags);
  const requestLimit = requestLimitSetting(endpoint.host !== undefined);
  const browsers = browserSettings();
  const audit = auditSetting();
  const registryStore = registryStoreSetting();
  const objects = objectsSetting();
  const registryMemory = registryMemorySetting();
  const targetAddresses = targetAddressesSetting();
  const hasLargeHeads = largeHeadsSetting();
  const unreachableAfterMs = unreachableSetting();
  const publicAddresses = publicAddressesSetting();
  const packetFilter = packetFilterSetting(flags.requirePacketFilter);
  const logBuckets = logBucketsSetting();
  const hostRights = hostRightsSettings(flags);
  const allowedUpstreams = pullThroughUpstreamsSetting();
  const dns = dnsSetting(flags.dns, port);
  const sharedDomains = sharedDomainsSetting();
  const acme = acmeSetting();
  // What is written from here on is for this user alone, whatever the shell's mask says.
  process.umask(0o077);
  await keepCoreFilesEmpty();
  lookWhereRootDoes();
  const { startAirfield } = await import("../main.ts");
  const airfield = await startAirfield({
    port,
    dataDirectory,
    dockerSocket,
    ...endpoint,
    ...browsers,
    audit,
    targetAddresses,
    hasLargeHeads,
    hostRights,
    allowedUpstreams,
    sharedDomains,
    ...(dns ? { dns } : {}),
    ...(unreachableAfterMs === undefined ? {} : { unreachableAfterMs }),
    ...(publicAddresses === undefined ? {} : { publicAddresses }),
    ...(packetFilter === undefined ? {} : { packetFilter }),
    ...(logBuckets ? { logBuckets } : {}),
    ...(registryStore ? { registryStore } : {}),
    ...(objects ? { objects } : {}),
    ...(acme ? { acme } : {}),
    ...(registryMemory === undefined ? {} : { registryMemory }),
    ...(requestLimit ? { requestLimit } : {}),
  }).catch(async (error: unknown) => {
    throw (await import("./start-failure.ts")).explained(error, { port, dataDirectory, dockerSocket });
  });
  const { url, accessKeyId, authorityFile, dns: answering } = airfield;
  try {
    const known = { ...(authorityFile === undefined ? {} : { authorityFile }), ...(answering ? { dns: answering } : {}) };
    recordServer(dataDirectory, { pid: process.pid, url, accessKeyId, ...known });
  } catch (error) {
    // It serves all the same, as on a disk that is full.
    console.error(`airfield: other commands need AIRFIELD_PORT to find this server, since ${(error as Error).message}`);
  }

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    // Who asks a second time wants out.
    if (stopping) process.exit(signal === "SIGINT" ? 130 : 143);
    stopping = true;
    forgetServer(dataDirectory);
    // Tasks that are stopped, too, have their own time for it.
    if (!flags.stopTasks)
      setTimeout(() => {
        console.error(`airfield: could not stop within ${STOP_WITHIN_MS / 1000} seconds; ending as it is`);
        process.exit(1);
      }, STOP_WITHIN_MS).unref();
    untilDone(airfield.close({ stopTasks: flags.stopTasks ?? false })).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error("airfield: could not stop cleanly:", error);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  console.log(`airfield ready at ${airfield.url} (account ${DEFAULT_ACCOUNT}, data in ${dataDirectory})`);
}
