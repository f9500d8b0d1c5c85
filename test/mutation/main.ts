import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { seededRandom } from "../../src/testing/seeded-random.ts";
import { ROOMS, type Room } from "./rooms.ts";
import { percent, scoreDocument, scoreOf, type Score } from "./score.ts";

// `npm run mutate -- [room ...] [--sample lines] [--seed n] [--concurrency n]`: see docs/mutation.md. All rooms where none is named.

const AIM = 80;
const SCORES = "test/mutation/scores.json";
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: "string" }, seed: { type: "string", default: "1" }, concurrency: { type: "string" } },
});
const unknown = positionals.filter((name) => !ROOMS.some((room) => room.name === name));
if (unknown.length > 0) throw new Error(`there is no room ${unknown.join(", ")}; there are ${ROOMS.map(({ name }) => name).join(", ")}`);
const chosen = positionals.length === 0 ? ROOMS : ROOMS.filter(({ name }) => positionals.includes(name));
// Each mutant that lives is run through all of them: a few of the simulated world's histories are enough to tell.
process.env["LOOPS_SEEDS"] ??= "6";
await mkdir(".tmp/mutation", { recursive: true });
for (const room of chosen) await keep(await mutate(room));

async function mutate({ name, tests }: Room): Promise<Score> {
  const files = filesOf(name);
  const all = files.flatMap(linesOf);
  const seed = Number(values.seed);
  const lines = values.sample === undefined ? all : sample(all, Number(values.sample), seed);
  // Read by `vitest.config.ts`, in processes that Stryker begins.
  process.env["AIRFIELD_MUTATION_TESTS"] = JSON.stringify(tests);
  const report = `.tmp/mutation/${name.replace("/", "-")}`;
  const mutants = await new Stryker({
    mutate: lines === all ? [...files] : [...lines],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    ignoreStatic: true,
    // What is remembered of other lines would be counted as the sample's.
    incremental: lines === all,
    incrementalFile: `${report}.incremental.json`,
    reporters: ["progress-append-only", "json"],
    jsonReporter: { fileName: `${report}.json` },
    tempDirName: ".tmp/stryker",
    ignorePatterns: ["bench", "dist", ".tmp", ".airfield"],
    // TypeScript is stripped, not compiled: there is nothing to settle in a tsconfig.
    tsconfigFile: "none.json",
    concurrency: Number(values.concurrency ?? Math.max(1, cpus().length - 1)),
    timeoutMS: 8_000,
    // A machine that others use may be several times as slow as it was at the first run: that must not look like a mutant that hangs.
    timeoutFactor: 4,
    dryRunTimeoutMinutes: 30,
    allowConsoleColors: false,
  }).runMutationTest();
  const on = new Date().toISOString().slice(0, 10);
  const ofRun = { room: name, on, lines: lines.length, ofLines: all.length, ...(lines.length < all.length ? { seed } : {}) };
  return scoreOf(ofRun, mutants);
}

function filesOf(name: string): readonly string[] {
  const within = ROOMS.map((room) => room.name).filter((other) => other.startsWith(`${name}/`));
  return readdirSync(`src/${name}`, { recursive: true, encoding: "utf8" })
    .map((file) => `${name}/${file}`)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !within.some((other) => file.startsWith(`${other}/`)))
    .map((file) => `src/${file}`)
    .sort();
}

/** The lines of a file that have code, as Stryker names them: `<file>:<line>-<line>`. */
function linesOf(file: string): readonly string[] {
  const isCode = (line: string): boolean => /\w/.test(line) && !/^\s*(?:\/\/|\/?\*|import |export type |export interface )/.test(line);
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, at) => (isCode(line) ? `${file}:${at + 1}-${at + 1}` : []));
}

function sample(lines: readonly string[], count: number, seed: number): readonly string[] {
  if (count >= lines.length) return lines;
  const random = seededRandom(seed);
  const left = [...lines];
  return Array.from({ length: count }, () => left.splice(random.between(0, left.length - 1), 1)[0] ?? "");
}

async function keep(score: Score): Promise<void> {
  const known = existsSync(SCORES) ? (JSON.parse(await readFile(SCORES, "utf8")) as readonly Score[]) : [];
  const scores = [...known.filter(({ room }) => room !== score.room), score].sort((a, b) => (a.room < b.room ? -1 : 1));
  await writeFile(SCORES, `${JSON.stringify(scores, undefined, 2)}\n`);
  const document = scoreDocument(
    scores,
    ROOMS.map(({ name }) => name),
  );
  await writeFile("docs/mutation.md", document);
  const reached = percent(score);
  process.stdout.write(
    `${score.room}: ${reached.toFixed(1)} % of its mutants are noticed${reached < AIM ? `, which is less than ${AIM} %` : ""}\n`,
  );
  if (reached < AIM) process.exitCode = 1;
}
