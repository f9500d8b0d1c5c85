import { randomUUID } from "node:crypto";
import { isIPv4 } from "node:net";
import { resolve } from "node:path";
import { engineSocket } from "../../../bin/setup/engine-socket.js";
import { DEFAULT_ACCOUNT, isAccount, isRegion } from "../../domain/scope.ts";
import { EngineUnavailableError } from "../../drivers/docker/engine.ts";
import { installationId, readRootCredentials } from "../../drivers/filesystem/installation.ts";
import { awaitEndpoint } from "../../drivers/host-names/await-endpoint.ts";
import { ecrHostName } from "../../drivers/host-names/ecr-host-name.ts";
import { engineConcerns } from "../../drivers/host-names/engine-concerns.ts";
import { DamagedBlockError } from "../../drivers/host-names/hosts-block.ts";
import { HostNamesConflictError, place, prepare, removeHostNames, withdraw, type Home } from "../../drivers/host-names/installation.ts";
import { forgetEndpointState, hostNamesFolder, type EndpointState, type HostNames } from "../../drivers/host-names/record.ts";
import { CliError } from "../cli-error.ts";
import { runningServer } from "../running-server.ts";
import { dataSetting, regionSetting, START_COMMAND } from "../settings.ts";
import { installByHand, sameAsRoot } from "./by-hand.ts";

export interface PlaceFlags {
  readonly data?: string;
  readonly hostsFile?: string;
  readonly dockerCerts?: string;
}

export interface InstallFlags extends PlaceFlags {
  readonly account?: string;
  readonly region?: readonly string[];
  readonly address?: string;
  readonly dockerSocket?: string;
}

/** How long a server may take to notice: far longer than it does. */
const PATIENCE_MS = 5000;

/** `airfield hosts install`: lets ECR's own host names lead here, on this machine. */
export async function installHosts(flags: InstallFlags): Promise<void> {
  if (process.platform !== "linux")
    throw new CliError(
      "host names of ECR are supported on Linux only: elsewhere the engine runs in a virtual machine that has its own hosts file, certificates and loopback",
      "Use the repository's own URI, `localhost:<port>/<name>`, which works everywhere.",
    );
  const hosts = hostsOf(flags);
  const home = await homeOf(flags);
  const prepared = await prepare(home, {
    hosts,
    address: addressOf(flags.address),
    ...placesOf(flags),
    revision: randomUUID(),
    now: Date.now(),
  }).catch(explain);
  const { names } = prepared;
  let changed: boolean;
  try {
    changed = await place(prepared);
  } catch (cause) {
    await withdraw(home, prepared);
    if (!isDenied(cause)) throw cause;
    console.error(await installByHand(home, prepared, cause.message));
    process.exitCode = 1;
    return;
  }
  console.log(changed ? `installed, at ${names.address}:` : `installed already, at ${names.address}:`);
  for (const host of names.hosts) console.log(`  ${host}`);
  console.log(
    "Until `airfield hosts remove`, these names lead here on this machine, and not to AWS. Programs that run already may take five seconds to notice.",
  );
  for (const concern of await concernsOf(flags.dockerSocket, names)) console.log(`! ${concern}`);
  await tellServing(home, names);
}

/** `airfield hosts remove`: takes every trace of it back. */
export async function removeHosts(flags: PlaceFlags): Promise<void> {
  const home = await homeOf(flags);
  let found: boolean;
  try {
    found = await removeHostNames(home, placesOf(flags)).catch(explain);
  } catch (cause) {
    if (!isDenied(cause)) throw cause;
    throw new CliError(`this needs root: ${cause.message}`, `Run: ${sameAsRoot(home.dataDirectory)}`);
  }
  if (!found) {
    console.log("no host names of ECR are installed: nothing to remove");
    return;
  }
  console.log("removed: ECR's host names lead to AWS again. Programs that run already may take five seconds to notice.");
  const folder = hostNamesFolder(home.dataDirectory);
  if (!runningServer(home.dataDirectory)) {
    // What a server that was killed has left.
    await forgetEndpointState(folder);
    return;
  }
  const { late } = await awaitEndpoint(folder, (state) => state === undefined, PATIENCE_MS);
  if (late) console.log("! the server that runs has not noticed; it stops listening for them at its next start");
}

async function tellServing({ dataDirectory }: Home, { revision, address }: HostNames): Promise<void> {
  const server = runningServer(dataDirectory);
  if (!server) {
    console.log(`The server does not run. At its next start it listens on https://${address}:443 too.`);
    return;
  }
  const { late, state } = await awaitEndpoint(hostNamesFolder(dataDirectory), (noted) => noted?.revision === revision, PATIENCE_MS);
  if (!late && !state?.problem) {
    console.log(`The server that runs (process ${server.pid}) listens on https://${address}:443 now.`);
    return;
  }
  process.exitCode = 1;
  if (late) console.log(`! The server that runs (process ${server.pid}) has not noticed: restart it.`);
  else if (state?.problem) console.log(`! ${problemText(state.problem, address)}`);
}

/** What keeps the server from listening, and what to do. */
export function problemText({ code, message }: NonNullable<EndpointState["problem"]>, address: string): string {
  const again = "then run `airfield hosts install` again";
  if (code === "EACCES")
    return `The server's user may not listen on ${address}:443. Let every user do so: \`sudo sysctl -w net.ipv4.ip_unprivileged_port_start=443\`, ${again}.`;
  if (code === "EADDRINUSE")
    return `Another program listens on ${address}:443 (${message}). Stop it, ${again}; or remove, and install with another --address.`;
  return `The server cannot listen on ${address}:443: ${message}`;
}

function hostsOf({ account = DEFAULT_ACCOUNT, region }: InstallFlags): readonly string[] {
  if (!isAccount(account)) throw new CliError(`${JSON.stringify(account)} is not an account`, "Give --account twelve digits.");
  const regions = region ?? [regionSetting()];
  const wrong = regions.find((name) => !isRegion(name));
  if (wrong !== undefined)
    throw new CliError(
      `${JSON.stringify(wrong)} is not a region`,
      "Give --region a name such as ap-south-1; it may be given several times.",
    );
  return regions.map((name) => ecrHostName({ account, region: name }));
}

/** Kept in the record: they must mean the same from everywhere. */
function placesOf({ hostsFile, dockerCerts }: PlaceFlags): {
  readonly hostsFile: string | undefined;
  readonly dockerCerts: string | undefined;
} {
  return { hostsFile: hostsFile && resolve(hostsFile), dockerCerts: dockerCerts && resolve(dockerCerts) };
}

function addressOf(flag: string | undefined): string | undefined {
  if (flag === undefined || (isIPv4(flag) && flag.startsWith("127.") && flag !== "127.0.0.1")) return flag;
  throw new CliError(
    `${JSON.stringify(flag)} is no address for this`,
    "Give --address one that begins with 127., other than 127.0.0.1, where load balancers listen.",
  );
}

/** The installation in the data folder. It must exist: made here, by root, it would not be its user's. */
export async function homeOf({ data }: PlaceFlags): Promise<Home> {
  const dataDirectory = dataSetting(data);
  try {
    if (await readRootCredentials(dataDirectory)) {
      return { dataDirectory, id: await installationId(dataDirectory) };
    }
  } catch (cause) {
    if (!isDenied(cause)) throw cause;
    throw new CliError(`the data folder ${dataDirectory} belongs to somebody else`, "Run this as its owner, or as root.", { cause });
  }
  throw new CliError(
    `Airfield has not been started on ${dataDirectory} yet`,
    `Run \`${START_COMMAND}\` first, or name another folder with --data or AIRFIELD_DATA.`,
  );
}

async function concernsOf(dockerSocket: string | undefined, { hosts, dockerCerts }: HostNames): Promise<readonly string[]> {
  const socket = engineSocket(dockerSocket);
  try {
    return await engineConcerns(socket, hosts, dockerCerts);
  } catch (cause) {
    if (cause instanceof EngineUnavailableError) return [`whether the Docker engine follows is not known: ${cause.message}`];
    throw cause;
  }
}

function explain(cause: unknown): never {
  if (cause instanceof HostNamesConflictError) throw new CliError(cause.message, cause.advice, { cause });
  if (cause instanceof DamagedBlockError)
    throw new CliError(cause.message, "Mend it in the hosts file by hand, or take its lines out; then try again.", { cause });
  throw cause;
}

/** Whether the system does not let us. */
export function isDenied(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && ["EACCES", "EPERM", "EROFS"].includes((cause as NodeJS.ErrnoException).code ?? "");
}
