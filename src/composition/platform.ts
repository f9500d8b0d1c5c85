import { credentials } from "../authorization/credentials.ts";
import { targetSurroundings } from "../control/load-balancing/target-surroundings.ts";
import type { HostGrants } from "../domain/host-grants.ts";
import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import { accountsFolder, followAccounts } from "../drivers/filesystem/accounts.ts";
import { logFolder } from "../drivers/filesystem/log-folder.ts";
import { s3LogBuckets } from "../drivers/s3/log-buckets.ts";
import type { LogBuckets } from "../ports/log-buckets.ts";
import type { PacketBalancer } from "../ports/packet-balancer.ts";
import { oidcIdentityProviders } from "../drivers/oidc/identity-providers.ts";
import type { ServedNames } from "../drivers/host-names/served-names.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { hostNetworks } from "../drivers/system/host-networks.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { registryClient } from "../drivers/upstream-registry/registry-client.ts";
import type { Platform } from "../services/platform.ts";
import { openExec } from "./exec.ts";
import { hostGrants } from "./host-grants.ts";
import { objectReader } from "./objects.ts";
import { openPackets } from "./packets.ts";
import type { Start } from "./options.ts";
import type { Storage } from "./storage.ts";

/** What operations and loops work with. */
export type WholePlatform = Platform & { readonly hostGrants: HostGrants; readonly packets?: PacketBalancer };

/** By what the registry can be called: the port where the front listens, once it does, and ECR's names that lead here. */
export interface RegistryNames {
  readonly port: () => number;
  readonly served: ServedNames;
}

export async function openPlatform(
  { options, logger, opened }: Start,
  storage: Storage,
  { port, served }: RegistryNames,
): Promise<WholePlatform> {
  const { installation, audit, troubles: _, holdStill: _held, ...stored } = storage;
  const { state, secrets } = stored;
  const grants = await hostGrants(options, installation.id);
  const accounts = opened.use(await followAccounts(accountsFolder(options.dataDirectory), logger));
  const packets = await openPackets(installation.id, logger);
  const root = { account: DEFAULT_ACCOUNT, ...installation.rootCredentials };
  return {
    ...stored,
    audit: audit.all,
    clock,
    ids,
    credentials: credentials({ state, secrets, roots: () => [root, ...accounts.current] }),
    identityProviders: oidcIdentityProviders({ clock }),
    targetSurroundings: targetSurroundings({ state, host: hostNetworks, openedBlocks: options.targetAddresses ?? [] }),
    upstreams: opened.use(registryClient({ clock, allowed: options.allowedUpstreams ?? [] })),
    allowedUpstreams: options.allowedUpstreams ?? [],
    get registryHost() {
      return `localhost:${port()}`;
    },
    ...(options.objects && { objects: await objectReader(options.objects) }),
    registryOverTls: options.tls !== undefined,
    ecrHost: (scope) => served.hostOf(scope),
    ...(options.logBuckets && { logBuckets: logBucketsOf(options.logBuckets, opened) }),
    ...(packets && { packets, leadsPackets: true }),
    execSessions: openExec({ logger, opened }, options.dockerSocket, stored),
    hostGrants: grants,
  };
}

function logBucketsOf(setting: NonNullable<Start["options"]["logBuckets"]>, opened: Start["opened"]): LogBuckets {
  return "folder" in setting ? logFolder(setting.folder) : opened.use(s3LogBuckets(setting.buckets));
}
