import { haproxyVersion } from "../drivers/haproxy/haproxy-version.ts";
import { execFile } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { colors } from "./colors.ts";
import { HOW_TO_JOIN_DOCKER_GROUP, howToInstall, howToStartEngine } from "../../bin/setup/advice.js";
import { engineSocket } from "../../bin/setup/engine-socket.js";
import { whyNotLed } from "../drivers/nftables/why-not-led.ts";
import { whyNoAddresses } from "../drivers/system/bridge-addresses.ts";
import { dockerEngine, EngineUnavailableError } from "../drivers/docker/engine.ts";
import { nftProgram } from "../drivers/nftables/nft.ts";
import { whyNoPacketFilter } from "../drivers/nftables/why-not.ts";
import { engineInfo } from "../drivers/docker/engine-info.ts";
import { runsOnNode } from "./node-version.ts";
import { lookWhereRootDoes } from "./program-path.ts";
import { runningServer } from "./running-server.ts";
import { dataSetting, portSetting, START_COMMAND } from "./settings.ts";

interface Finding {
  readonly name: string;
  /** `wanting` is no hindrance, but somebody may miss it; `missing` keeps Airfield from working. */
  readonly verdict: "good" | "wanting" | "missing";
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface DoctorFlags {
  readonly port?: string;
  readonly data?: string;
  readonly dockerSocket?: string;
  readonly json?: boolean;
}

/** `airfield doctor`: exits with 1 where something that Airfield needs is missing. */
export async function doctor(flags: DoctorFlags): Promise<void> {
  lookWhereRootDoes();
  const dataDirectory = dataSetting(flags.data);
  const findings = [
    nodeVersion(),
    ...(await Promise.all([
      engine(engineSocket(flags.dockerSocket)),
      haproxy(),
      dataFolder(dataDirectory),
      server(dataDirectory, portSetting(flags.port)),
      webPort(),
      namePort(),
      ...(process.platform === "linux" ? [balancerAddresses(), packets()] : []),
      packetFilter(engineSocket(flags.dockerSocket)),
      client("aws", ["--version"], "the aws command line", "every AWS SDK works as well"),
      client("docker", ["--version"], "the docker command line", "skopeo, crane and podman can push as well"),
    ])),
  ];
  if (flags.json) console.log(JSON.stringify(findings, undefined, 2));
  else for (const finding of findings) print(finding);
  if (findings.some(({ verdict }) => verdict === "missing")) process.exitCode = 1;
}

const MARKS = { good: colors.green("✓"), wanting: colors.yellow("!"), missing: colors.red("✗") } as const;

function print({ name, verdict, detail, advice }: Finding): void {
  console.log(`${MARKS[verdict]} ${colors.bold(name)}: ${detail}`);
  if (advice) console.log(`    ${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`);
}

/** Datagrams of network load balancers, and connections whose clients targets are to see. */
async function packets(): Promise<Finding> {
  const name = "Datagrams of load balancers";
  const why = await whyNotLed();
  if (why === undefined) return { name, verdict: "good", detail: "the kernel leads them, and connections with their clients' addresses" };
  return {
    name,
    verdict: "wanting",
    detail: `UDP listeners, and client IP preservation, are refused: ${why}`,
    advice: `root may lead them; ${howToInstall(["nft", "conntrack"])} where the programs are missing`,
  };
}

function nodeVersion(): Finding {
  const detail = process.versions.node;
  return runsOnNode(detail)
    ? { name: "Node.js", verdict: "good", detail }
    : { name: "Node.js", verdict: "missing", detail, advice: "install Node.js 24, or 22, or 20.19 or later of 20" };
}

async function engine(socketPath: string): Promise<Finding> {
  const name = "Docker engine";
  const docker = dockerEngine({ socketPath });
  try {
    const info = await engineInfo(docker);
    const where = `${info.version} (API ${info.apiVersion}, ${info.operatingSystem}) at ${socketPath}`;
    const limits = [...(info.limits.memory ? [] : ["memory"]), ...(info.limits.cpu ? [] : ["CPU"])];
    if (limits.length > 0)
      return {
        name,
        verdict: "wanting",
        detail: `${where}; it does not enforce limits of ${limits.join(" and ")}`,
        advice: "enable these cgroup controllers to have them enforced",
      };
    return { name, verdict: "good", detail: info.reachable ? where : `${where}; tasks are reached through published ports` };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
    const advice =
      code === "EACCES" ? HOW_TO_JOIN_DOCKER_GROUP : `if Docker is installed, ${howToStartEngine()}; if not, ${howToInstall(["dockerd"])}`;
    return { name, verdict: "missing", detail: error.message, ...(error instanceof EngineUnavailableError && { advice }) };
  } finally {
    docker.close();
  }
}

async function haproxy(): Promise<Finding> {
  const version = await haproxyVersion();
  if (version === undefined)
    return {
      name: "HAProxy",
      verdict: "missing",
      detail: "not installed; it carries the traffic of the load balancers",
      advice: howToInstall(["haproxy"]),
    };
  return { name: "HAProxy", verdict: "good", detail: version };
}

async function dataFolder(directory: string): Promise<Finding> {
  const name = "Data folder";
  const advice = "name another folder with AIRFIELD_DATA, or give this user the right to write there";
  try {
    const { mode } = await stat(directory);
    await access(directory, constants.W_OK);
    if ((mode & 0o077) === 0) return { name, verdict: "good", detail: directory };
    if ((mode & 0o022) !== 0)
      return {
        name,
        verdict: "wanting",
        detail: `other users can write into ${directory}`,
        advice: `make sure that all that is in it is yours, then run \`chmod 700 ${directory}\``,
      };
    return {
      name,
      verdict: "wanting",
      detail: `${directory} can be entered by other users`,
      advice: `run \`chmod 700 ${directory}\`; the next start does it too`,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return { name, verdict: "missing", detail: (error as Error).message, advice };
  }
  const parent = await nearestFolder(dirname(directory));
  const writable = await access(parent, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (writable) return { name, verdict: "good", detail: `${directory} (made at the first start)` };
  return { name, verdict: "missing", detail: `${directory} cannot be made: ${parent} is not writable`, advice };
}

async function nearestFolder(directory: string): Promise<string> {
  const exists = await stat(directory).then(
    () => true,
    () => false,
  );
  return exists ? directory : nearestFolder(dirname(directory));
}

async function server(dataDirectory: string, port: number): Promise<Finding> {
  const name = "Server";
  const running = runningServer(dataDirectory);
  if (running) return { name, verdict: "good", detail: `runs at ${running.url} (process ${running.pid})` };
  const refusal = await bindable(port);
  if (refusal === undefined)
    return { name, verdict: "good", detail: `does not run; port ${port} is free for it`, advice: `\`${START_COMMAND}\` starts it` };
  return {
    name,
    verdict: "missing",
    detail: `does not run, and port ${port} ${reasonOf(refusal)}`,
    advice: "stop that program, or choose another port with AIRFIELD_PORT",
  };
}

async function webPort(): Promise<Finding> {
  const name = "Port 80";
  const refusal = await bindable(80);
  if (refusal === undefined) return { name, verdict: "good", detail: "free for load balancers" };
  const detail = `${reasonOf(refusal)}; a listener that cannot have its port gets another one`;
  return {
    name,
    verdict: refusal === "EADDRINUSE" ? "good" : "wanting",
    detail,
    advice: refusal === "EACCES" ? HOW_TO_OPEN_LOW_PORTS : "`airfield status` shows where each load balancer answers",
  };
}

/** What a privileged port needs, once for all: load balancers have it from it, too. */
const HOW_TO_OPEN_LOW_PORTS =
  "`sudo sysctl -w net.ipv4.ip_unprivileged_port_start=53` lets every user of this machine open ports from 53 on, until it restarts; a line in /etc/sysctl.d/ keeps it";

/** The port of the name servers, one in each VPC's network. Who has the port elsewhere is not in their way. */
async function namePort(): Promise<Finding> {
  const name = "Port 53";
  if ((await bindable(53, NOBODYS)) !== "EACCES") return { name, verdict: "good", detail: "tasks can look up load balancers by name" };
  return {
    name,
    verdict: "wanting",
    detail: "cannot be opened by this user (EACCES): tasks cannot look up load balancers by name",
    advice: HOW_TO_OPEN_LOW_PORTS,
  };
}

async function balancerAddresses(): Promise<Finding> {
  const name = "Addresses of load balancers";
  const why = await whyNoAddresses();
  if (why === undefined) return { name, verdict: "good", detail: "load balancers can have addresses of their own in their VPC" };
  return {
    name,
    verdict: "wanting",
    detail: `load balancers share those that there are: ${why}`,
    advice:
      "`sudo setpriv --reuid=$USER --regid=$USER --init-groups --inh-caps=+net_admin --ambient-caps=+net_admin env HOME=$HOME PATH=$PATH airfield start` starts it with the right, as `AmbientCapabilities=CAP_NET_ADMIN` does for systemd",
  };
}

async function packetFilter(socketPath: string): Promise<Finding> {
  const name = "Security groups";
  const docker = dockerEngine({ socketPath });
  const isHere = await engineInfo(docker).then(
    ({ reachable }) => reachable,
    () => true,
  );
  docker.close();
  const why = await whyNoPacketFilter({ nft: nftProgram(), isHere });
  if (why === undefined) return { name, verdict: "good", detail: "enforced by the kernel, as network ACLs and routes are" };
  return {
    name,
    verdict: "wanting",
    detail: `kept and not enforced, as network ACLs and routes are: ${why}`,
    ...(/not installed/.test(why) ? { advice: howToInstall(["nft"]) } : {}),
  };
}

/** An address of loopback that programs do not use; where the machine has not got it, nothing is known of the port. */
const NOBODYS = "127.45.66.53";

const reasonOf = (code: string): string => (code === "EADDRINUSE" ? "is taken" : `cannot be opened by this user (${code})`);

/** `undefined` where the port could be bound just now, else the system's error code. */
function bindable(port: number, address = "127.0.0.1"): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, address, () => probe.close(() => resolve(undefined)));
  });
}

async function client(command: string, args: readonly string[], what: string, otherwise: string): Promise<Finding> {
  const said = await output(command, args);
  if (said === undefined) {
    return { name: command, verdict: "wanting", detail: `${what} is not installed; ${otherwise}`, advice: howToInstall([command]) };
  }
  if (command === "aws" && !readsEndpointUrl(said)) {
    return { name: command, verdict: "wanting", detail: `${said} is too old to read AWS_ENDPOINT_URL`, advice: howToInstall([command]) };
  }
  return { name: command, verdict: "good", detail: said };
}

/** Since 1.29 and 2.13. Source: "Service-specific endpoints" of the AWS SDKs and Tools Reference Guide. */
function readsEndpointUrl(version: string): boolean {
  const [major = 0, minor = 0] = (/aws-cli\/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  return major > 2 || (major === 2 && minor >= 13) || (major === 1 && minor >= 29);
}

/** The first line that a command prints; `undefined` where it cannot be run. */
function output(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args], (error, stdout) => resolve(error ? undefined : stdout.trim().split("\n")[0]));
  });
}
