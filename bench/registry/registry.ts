import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { atLeast, atMost, median, part, type Figure } from "../figure.ts";
import { bareNode } from "../peers/bare-node.ts";
import { dockerRegistry } from "../peers/docker-registry.ts";
import { olareg } from "../peers/olareg.ts";
import { MEBIBYTE } from "./image.ts";
import type { Load, LoadResult } from "./load.ts";
import { limitByParts, measureParts, tellParts } from "./parts.ts";

interface Case {
  readonly name: string;
  /** Bytes of an image. */
  readonly size: number;
  readonly layers: number;
  readonly concurrency: number;
  /** In each round. */
  readonly images: number;
  /** In each round, before anything is measured: what starts cold is the load itself, and code that is compiled as it runs. */
  readonly warmUp: number;
  /** What our rates must be, at least, over `docker-registry`'s. */
  readonly aim: number;
  /** Whether olareg takes part: it serves files as they are, and keeps no promise about them. */
  readonly besideFiles: boolean;
}

/** `plain` and `sealed` are the least that Node can do with files, and with what we promise of bytes: see `bare-server.ts`. */
type Whose = "ours" | "docker" | "files" | "plain" | "sealed";
type Way = "push" | "pull" | "again";

const ROUNDS = 3;
const REPOSITORY = "bench";
/** What our rates must be, at least, over olareg's. */
const AIMS_BESIDE_FILES = { push: 0.7, pull: 1, again: 1 } as const;
const NAMES = { push: "push", pull: "pull", again: "pull again" } as const;
/** Who takes our place where it is asked what Node can do by itself. */
const ALONE = [
  ["plain", "Node with plain files"],
  ["sealed", "Node with sealed files"],
] as const;
/** What our rates must be, at least, of the most that the parts allow. */
const AIM_OF_LIMIT = 0.7;

const SMALL = { size: MEBIBYTE, layers: 2, warmUp: 50, aim: 1.5, besideFiles: true } as const;
const MIDDLE = { size: 10 * MEBIBYTE, layers: 4, aim: 1.5, besideFiles: true } as const;
const LARGE = { size: 100 * MEBIBYTE, layers: 4, warmUp: 2, aim: 1.5, besideFiles: true } as const;

const CASES: readonly Case[] = [
  { name: "1 MB images, one at a time", ...SMALL, concurrency: 1, images: 200 },
  { name: "1 MB images, 10 at a time", ...SMALL, concurrency: 10, images: 300 },
  { name: "10 MB images, one at a time", ...MIDDLE, concurrency: 1, images: 30, warmUp: 10 },
  { name: "10 MB images, 10 at a time", ...MIDDLE, concurrency: 10, images: 60, warmUp: 20 },
  { name: "100 MB images, one at a time", ...LARGE, concurrency: 1, images: 5 },
  { name: "100 MB images, 10 at a time", ...LARGE, concurrency: 10, images: 12 },
  { name: "a blob of 1 GB", size: 1024 * MEBIBYTE, layers: 1, concurrency: 1, images: 1, warmUp: 0, aim: 1, besideFiles: false },
];

/**
 * Whole images, pushed and pulled over HTTP on loopback, against Debian's `docker-registry` and olareg, in turns. The load is a process of its own,
 * the same for all, which warms up before it measures. Each is as durable as it is by itself: we and `docker-registry` sync the bytes of a blob before we answer; we also sync its folder and
 * the journal, encrypt, ask policies and keep an audit log, which no peer does.
 */
export async function measure(tell: (figure: Figure) => void): Promise<void> {
  tellParts(await measureParts(), tell);
  let memory = 0;
  const sizes = process.env["AIRFIELD_BENCH_IMAGES"]?.split(",").map((size) => Number(size) * MEBIBYTE);
  for (const wanted of CASES.filter(({ size }) => sizes?.includes(size) ?? true))
    memory = Math.max(memory, await measureCase(wanted, tell));
  tell(atMost(200, { name: "registry: most resident memory", unit: "MB", ours: memory }));
}

/** @returns the most megabytes that our process had in memory */
async function measureCase({ name, aim, besideFiles, ...kind }: Case, tell: (figure: Figure) => void): Promise<number> {
  // Anew: what others leave of the machine changes in the minutes of a run.
  const parts = await measureParts();
  await using docker = await dockerRegistry();
  await using files = besideFiles ? await olareg() : undefined;
  // Of larger ones the parts tell enough, and it would take minutes more.
  const besideNode = files !== undefined && kind.size < LARGE.size;
  await using plain = besideNode ? await bareNode("plain") : undefined;
  await using sealed = besideNode ? await bareNode("sealed") : undefined;
  await using airfield = await airfieldProcess();
  const ecr = airfield.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName: REPOSITORY }));
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand());
  const authorization = `Basic ${authorizationData[0]?.authorizationToken ?? ""}`;
  const ours = { host: `127.0.0.1:${airfield.port}`, pid: airfield.pid, authorization };
  const results: Record<Whose, LoadResult[]> = { ours: [], docker: [], files: [], plain: [], sealed: [] };
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [whose, server] of Object.entries({ ours, docker, files, plain, sealed }))
      if (server) results[whose as Whose].push(await loaded({ ...kind, ...server, repository: REPOSITORY }));
  const rate = (whose: Whose, way: Way): number =>
    median(results[whose].map((result) => (kind.size * kind.images) / 1e6 / (result[way]?.seconds ?? Number.NaN)));
  const processor = (whose: Whose, way: Way): number =>
    median(results[whose].map((result) => ((result[way]?.busy ?? Number.NaN) * 1000) / kind.images));
  const slowest = (whose: Whose, way: Way): number =>
    percentile(
      results[whose].flatMap((result) => result[way]?.latencies ?? []),
      0.99,
    );
  for (const way of ["push", "pull", "again"] as const) {
    if (results.ours.some((result) => result[way] === undefined)) continue;
    const [ours, limit] = [rate("ours", way), limitByParts(parts, way, kind) / 1e6];
    const judged: Judged[] = [{ what: "", unit: "MB/s", judge: atLeast, aim, ours, limit, peer: rate("docker", way) }];
    if (kind.concurrency > 1) {
      // All that are under way end together, where none is favoured.
      const together = (kind.concurrency * kind.size) / 1e6 / limit;
      judged.push({
        what: ", p99",
        unit: "s",
        judge: atMost,
        aim: 1,
        ours: slowest("ours", way),
        limit: together,
        peer: slowest("docker", way),
      });
    }
    if (files)
      judged.push({
        what: ", beside olareg",
        unit: "MB/s",
        judge: atLeast,
        aim: AIMS_BESIDE_FILES[way],
        ours,
        limit,
        peer: rate("files", way),
      });
    for (const one of judged) tellBesideLimit(`${NAMES[way]}: ${name}${one.what}`, one, tell);
    if (files && way !== "again") {
      const beside = `${NAMES[way]}: ${name}, beside olareg`;
      tell(part({ name: `${beside}, processor`, unit: "ms", ours: processor("ours", way), peer: processor("files", way) }));
      for (const [alone, what] of besideNode ? ALONE : []) {
        tell(part({ name: `${beside}, ${what}`, unit: "MB/s", ours: rate(alone, way), peer: rate("files", way) }));
        tell(part({ name: `${beside}, ${what}, processor`, unit: "ms", ours: processor(alone, way), peer: processor("files", way) }));
      }
    }
    tell(atLeast(AIM_OF_LIMIT, { name: `${NAMES[way]}: ${name}, of the limit by parts`, unit: "MB/s", ours, peer: limit }));
  }
  // Awaited here: the process ends with this function.
  return await mostResident(airfield.pid);
}

interface Judged {
  /** What of it is measured, after its name. */
  readonly what: string;
  readonly unit: string;
  readonly judge: typeof atLeast;
  readonly aim: number;
  readonly ours: number;
  readonly limit: number;
  readonly peer: number;
}

/** A figure; and where it misses its aim, whether the limit by its parts would: then it is the machine that is missed. */
function tellBesideLimit(name: string, { unit, judge, aim, ours, limit, peer }: Judged, tell: (figure: Figure) => void): void {
  const figure = judge(aim, { name, unit, ours, peer });
  tell(figure);
  if (!figure.met) tell(judge(aim, { name: `  ${name}: limit by parts`, unit, ours: limit, peer }));
}

/** What the turn before left for the disk to do is done first. */
async function loaded(load: Load): Promise<LoadResult> {
  await runCommand("sync", [], process.env);
  const program = fileURLToPath(new URL("load.ts", import.meta.url));
  const { code, stdout, stderr } = await runCommand(process.execPath, ["--import", "tsx", program, JSON.stringify(load)], process.env);
  if (code !== 0) throw new Error(`the load of ${load.host} failed: ${stderr}`);
  return JSON.parse(stdout) as LoadResult;
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;
}

async function mostResident(pid: number): Promise<number> {
  const kibibytes = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kibibytes === undefined) throw new Error(`no resident size of process ${pid}`);
  return (Number(kibibytes) * 1024) / 1e6;
}
