import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelNetlink } from "../../src/drivers/nftables/netlink.ts";
import { nftProgram } from "../../src/drivers/nftables/nft.ts";
import { nftPacketFilter, removePacketFilter, tableOf } from "../../src/drivers/nftables/packet-filter.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { buildImage, removeImage } from "../../src/testing/images.ts";
import { atLeast, atMost, median, part, type Figure } from "../figure.ts";
import { groupOf, manyGroups, openGroup } from "./many-groups.ts";
import { startOfTasks } from "./start-of-tasks.ts";

const SECONDS = Number(process.env["AIRFIELD_BENCH_SECONDS"] ?? 2);
const ROUNDS = Number(process.env["AIRFIELD_BENCH_ROUNDS"] ?? 7);
const TASKS = Number(process.env["AIRFIELD_BENCH_TASKS"] ?? 1000);
const NETWORK = "airfield-bench-network";
const IMAGE = "airfield-bench/network:1";
const BLOCK = "10.179.0.0/16";
const BALANCER = "10.179.3.1";
const INSTALLATION = "bench";
const THROUGHPUT = fileURLToPath(new URL("throughput.mjs", import.meta.url));

/** Two stages at each place, each of which knows by one rule what is established, and lets through everything else, too: what any filter with connections and stages costs at least. */
const LEAST = `table inet ${tableOf(INSTALLATION)} {
${["forward", "input", "output"].flatMap((hook) => [1, 2].map((stage) => leastChain(hook, stage))).join("\n")}
}
`;

function leastChain(hook: string, stage: number): string {
  const rules = `type filter hook ${hook} priority ${2 * stage - 14}; policy accept; ct state == established ct mark and 0x30000000 == 0 accept;`;
  return `  chain ${hook}-${stage} { ${rules} }`;
}

/** What two containers do with each other, with a thousand tasks' groups in the kernel and without any filter, in turns; and how long a change of it takes. */
export async function measure(tell: (figure: Figure) => void): Promise<void> {
  const nft = nftProgram();
  const filter = nftPacketFilter(nft, INSTALLATION, kernelNetlink());
  await using world = await containers();
  const compiler = manyGroups(
    { bridge: world.bridge, block: BLOCK, client: world.client.address, server: world.server.address, balancer: BALANCER },
    TASKS,
  );
  compiler.change();
  const contents = compiler.contents();
  const seen = { bytes: turns(), tasks: turns(), balanced: turns() };
  const sides = ["ours", "least", "peer"] as const;
  try {
    for (let round = 0; round < ROUNDS; round += 1)
      // Each is first as often as last.
      for (const with_ of round % 2 === 0 ? sides : sides.toReversed()) {
        await removePacketFilter(nft, INSTALLATION);
        if (with_ === "ours") await filter.adopt(contents);
        if (with_ === "least") await nft.run(LEAST);
        seen.bytes[with_].push(await world.throughput());
        seen.tasks[with_].push(await world.connections(world.server.address));
        seen.balanced[with_].push(await world.connections(BALANCER));
      }
    const figure = (name: string, unit: string, { ours, peer }: Turns) =>
      atLeast(0.97, { name, unit, ours: median(ours), peer: median(peer) });
    tell(figure("bytes between two tasks", "MB/s", seen.bytes));
    tell(figure("connections between two tasks", "1/s", seen.tasks));
    tell(figure("connections through a load balancer", "1/s", seen.balanced));
    const least = (name: string, { least: ours, peer }: Turns) =>
      part({ name: `${name}, a filter that asks about states alone`, unit: "1/s", ours: median(ours), peer: median(peer) });
    tell(least("connections between two tasks", seen.tasks));
    tell(least("connections through a load balancer", seen.balanced));
    await filter.adopt(contents);
    const took: number[] = [];
    for (let round = 1; round <= 2 * ROUNDS; round += 1) {
      const began = performance.now();
      compiler.tell("groups", groupOf(0, round));
      await filter.apply(compiler.change());
      took.push(performance.now() - began);
    }
    tell(atMost(100, { name: `a rule of a group with ${TASKS} members`, unit: "ms", ours: median(took) }));
    const opening: number[] = [];
    for (let round = 0; round < 2 * ROUNDS; round += 1) {
      const began = performance.now();
      compiler.tell("groups", round % 2 === 0 ? openGroup(0) : groupOf(0));
      await filter.apply(compiler.change());
      opening.push(performance.now() - began);
    }
    tell(atMost(100, { name: `a group with ${TASKS} members lets everybody in`, unit: "ms", ours: median(opening) }));
    // It stands there meanwhile: nft looks at the tables of all installations.
    await startOfTasks(tell, 3 * ROUNDS, TASKS);
    const began = performance.now();
    await filter.adopt(compiler.contents());
    tell(part({ name: `all of it read back and compared, ${TASKS} tasks`, unit: "ms", ours: performance.now() - began }));
  } finally {
    await removePacketFilter(nft, INSTALLATION);
  }
}

interface Turns {
  readonly ours: number[];
  readonly least: number[];
  readonly peer: number[];
}

function turns(): Turns {
  return { ours: [], least: [], peer: [] };
}

async function containers() {
  await buildImage({
    name: IMAGE,
    files: {},
    instructions: ['CMD ["sleep", "2147483647"]'],
  });
  await must("docker", "network", "create", "--subnet", BLOCK, NETWORK);
  const id = await must("docker", "network", "inspect", "--format", "{{.Id}}", NETWORK);
  const bridge = `br-${id.slice(0, 12)}`;
  const start = async (address: string) => {
    const name = `airfield-bench-${address.replaceAll(".", "-")}`;
    await must("docker", "run", "--detach", "--rm", "--name", name, "--network", NETWORK, "--ip", address, IMAGE);
    return { name, address, pid: await must("docker", "inspect", "--format", "{{.State.Pid}}", name) };
  };
  const [client, server] = [await start("10.179.1.1"), await start("10.179.2.1")];
  await must("ip", "address", "add", `${BALANCER}/32`, "dev", bridge);
  const inside = (pid: string, ...command: readonly string[]) => ["nsenter", "--target", pid, "--net", ...command] as const;
  const folder = await mkdtemp(join(tmpdir(), "airfield-bench-network-"));
  await writeFile(
    join(folder, "balancer.cfg"),
    haproxyOf(`listen balancer\n  bind ${BALANCER}:8080\n  server one ${server.address}:8080 source ${BALANCER}\n`),
  );
  // One that forks for each connection is full before the network is.
  await writeFile(
    join(folder, "server.cfg"),
    haproxyOf(`listen server\n  bind ${server.address}:8080\n  http-request return status 200 content-type text/plain string ok\n`),
  );
  const answering = spawn("nsenter", inside(server.pid, "haproxy", "-f", join(folder, "server.cfg"), "-db").slice(1), {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const sink = spawn("nsenter", inside(server.pid, process.execPath, THROUGHPUT, "listen", "8081").slice(1), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const proxy = spawn("haproxy", ["-f", join(folder, "balancer.cfg"), "-db"], { stdio: ["ignore", "ignore", "inherit"] });
  await once(sink.stdout, "data");
  return {
    bridge,
    client,
    server,
    /** Megabytes a second. */
    throughput: async () =>
      Number(await must(...inside(client.pid, process.execPath, THROUGHPUT, "send", server.address, "8081", String(SECONDS)))) / 1e6,
    /** Requests a second, each over a connection of its own. */
    connections: async (address: string): Promise<number> => {
      const said = await must(
        ...inside(client.pid, "wrk", "-t1", "-c16", `-d${SECONDS}s`, "-H", "Connection: close", `http://${address}:8080/`),
      );
      const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1]);
      if (!(rate > 0)) throw new Error(`wrk got no answers from ${address}: ${said}`);
      return rate;
    },
    async [Symbol.asyncDispose]() {
      for (const child of [sink, answering, proxy]) await ended(child);
      for (const { name } of [client, server]) await must("docker", "rm", "--force", name);
      await must("docker", "network", "rm", NETWORK);
      await removeImage(IMAGE);
      await rm(folder, { recursive: true });
    },
  };
}

function haproxyOf(section: string): string {
  const defaults = ["mode http", "timeout connect 5s", "timeout client 10s", "timeout server 10s"];
  return `${["global", "  maxconn 2000", "defaults", ...defaults.map((line) => `  ${line}`)].join("\n")}\n${section}`;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function must(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, process.env);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}
