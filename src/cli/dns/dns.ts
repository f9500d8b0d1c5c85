import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readName } from "../../domain/dns/name.ts";
import { CliError } from "../cli-error.ts";
import { isOurs, linuxSteps, macSteps, RESOLVED_FILE, resolvedFile, resolverFiles, type DnsPointing } from "./instructions.ts";
import { DEFAULT_DNS, dnsSetting } from "./setting.ts";
import { runningServer } from "../running-server.ts";
import { DEFAULT_PORT, dataSetting } from "../settings.ts";

export interface DnsFlags {
  readonly data?: string;
  readonly domain?: readonly string[];
}

/** Names of load balancers end so, and clients other than resolvers that know `.localhost` themselves ask for them. */
const OWN_DOMAIN = "elb.localhost";

/** `airfield dns`: tells how this machine is pointed at the name server. */
export function showDns(flags: DnsFlags): void {
  const pointing = pointingOf(flags);
  const { address, port, domains } = pointing;
  console.log(`The name server answers at ${address}, port ${port}, for zones of Route 53 here and for load balancers:`);
  console.log(`  dig @${address} -p ${port} ${domains[0] ?? OWN_DOMAIN}`);
  console.log("");
  console.log(process.platform === "darwin" ? macSteps(resolverFiles(pointing)) : linuxSteps(resolvedFile(pointing)));
  if (!flags.domain) console.log("\nGive --domain for each zone whose names this machine shall look up here: --domain example.com");
}

/** `airfield dns install`. Needs root. @throws CliError where this machine is not of the kind that it can do it on */
export async function installDns(flags: DnsFlags): Promise<void> {
  const pointing = pointingOf(flags);
  if (process.platform !== "linux") throw new CliError("this is done on Linux alone", "`airfield dns show` tells what to do by hand.");
  const { path, text } = resolvedFile(pointing);
  const there = await readText(path);
  if (there !== undefined && !isOurs(there)) throw new CliError(`${path} is somebody else's file`, "Move it away, then run this again.");
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o644 });
  } catch (cause) {
    throw denied(cause, linuxSteps({ path, text }));
  }
  try {
    await restartResolved();
  } catch (cause) {
    // Nothing is left that only looks as if it were installed.
    await (there === undefined ? takeAway(path) : writeFile(path, there));
    throw cause;
  }
  console.log(
    `installed in ${path}: ${pointing.domains.join(", ")} and all names below are looked up at ${pointing.address}:${pointing.port}`,
  );
}

/** `airfield dns remove`. */
export async function removeDns(): Promise<void> {
  const there = await readText(RESOLVED_FILE);
  if (there === undefined || !isOurs(there)) {
    console.log("nothing of it is installed: nothing to remove");
    return;
  }
  try {
    await takeAway(RESOLVED_FILE);
  } catch (cause) {
    throw denied(cause, `rm ${RESOLVED_FILE} && systemctl restart systemd-resolved`);
  }
  await restartResolved();
  console.log("removed: names are looked up as before");
}

/** @throws CliError */
function pointingOf({ data, domain = [] }: DnsFlags): DnsPointing {
  const server = runningServer(dataSetting(data));
  if (server && !server.dns)
    throw new CliError(
      "the server that runs answers no names",
      `Start it with --dns ${DEFAULT_DNS.address}:${DEFAULT_DNS.port}, or with AIRFIELD_DNS.`,
    );
  const { address, port } = server?.dns ?? dnsSetting(undefined, DEFAULT_PORT) ?? DEFAULT_DNS;
  const domains = domain.map((text) => {
    const name = readName(text);
    // What goes into a configuration file as a word has to be one.
    if (typeof name === "object" || !/^[a-z0-9._-]+$/.test(name))
      throw new CliError(`${JSON.stringify(text)} is no domain name`, "Give one such as example.com.");
    return name.slice(0, -1);
  });
  return { address, port, domains: [...new Set([OWN_DOMAIN, ...domains])] };
}

async function restartResolved(): Promise<void> {
  const child = spawn("systemctl", ["restart", "systemd-resolved"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const failed = once(child, "error").then(([cause]) => String((cause as Error).message));
  const ended = once(child, "close").then(([code]) => (code === 0 ? undefined : said.trim() || `systemctl ended with ${code}`));
  const why = await Promise.race([failed, ended]);
  if (why !== undefined)
    throw new CliError(
      `systemd-resolved could not be restarted: ${why}`,
      "Without systemd-resolved, `airfield dns show` tells where to ask: give that to the resolver that this machine has.",
    );
}

/** With its folder, where nothing else is in it. */
async function takeAway(path: string): Promise<void> {
  await rm(path, { force: true });
  await rmdir(dirname(path)).catch((cause: unknown) => {
    if (!["ENOTEMPTY", "EEXIST"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

function denied(cause: unknown, instead: string): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === "EACCES" || code === "EPERM"
    ? new CliError(`this needs root: ${message}`, `Run it with sudo, or do by hand:\n${instead}`)
    : cause;
}
