import { existsSync } from "node:fs";
import { cp, mkdir, rename } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { runCommand, type CliResult } from "../../src/testing/aws-cli.ts";

/** What upstream calls the versions of the specification. */
export type SpecificationVersion = "1.1" | "dev";

/** A built suite of opencontainers/distribution-spec, `conformance/`. */
export interface UpstreamSuite {
  /** 2 knows the versions of the specification; 1 is of 1.1's release candidate, and one run is all. */
  readonly version: 1 | 2;
  readonly program: string;
}

/** The last version 1 that the module proxy has, and the hash of its files: the checksum database need not be in reach. */
const MODULE = "github.com/opencontainers/distribution-spec/conformance";
const MODULE_VERSION = "v0.0.0-20231101194043-f2182352d4cc";
const MODULE_SUM = "h1:jL+CgYEEZluGb08ZcLpEyhn389kNMlwrWOHaIqXazq0=";

const SCRATCH = fileURLToPath(new URL("../../.tmp/conformance", import.meta.url));

/** The Go toolchain on the path, or where its installer puts it; `undefined` where there is none. */
export function findGo(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/go/bin"];
  return folders.map((folder) => join(folder, "go")).find((program) => existsSync(program));
}

/** Builds the suite that the user names, else the one of the module proxy. Resolves with the reason where it cannot be had. */
export async function buildSuite(go: string, folder: string | undefined): Promise<UpstreamSuite | { readonly missing: string }> {
  await mkdir(SCRATCH, { recursive: true });
  if (folder !== undefined) {
    const program = join(SCRATCH, "version-2");
    await must(go, ["build", "-C", resolve(folder), "-o", program, "."], {});
    return { version: 2, program };
  }
  const program = join(SCRATCH, `version-1-${MODULE_VERSION}.test`);
  if (existsSync(program)) return { version: 1, program };
  const environment = { GONOSUMDB: MODULE, GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod" };
  const download = await run(go, ["mod", "download", "-json", `${MODULE}@${MODULE_VERSION}`], environment);
  if (download.code !== 0)
    return { missing: `the module proxy does not give ${MODULE}@${MODULE_VERSION}: ${download.stdout}${download.stderr}` };
  const { Dir: source, Sum: sum } = JSON.parse(download.stdout) as { Dir: string; Sum: string };
  if (sum !== MODULE_SUM) throw new Error(`${MODULE}@${MODULE_VERSION} has the hash ${sum}, not ${MODULE_SUM}`);
  const copy = join(SCRATCH, "version-1");
  // What the module cache holds may not be written to, and a build may note sums.
  await cp(source, copy, { recursive: true, force: true });
  await must("chmod", ["-R", "u+w", copy], {});
  await must(go, ["test", "-C", copy, "-c", "-o", `${program}.new`, "."], environment);
  await rename(`${program}.new`, program);
  return { version: 1, program };
}

export interface SuiteTarget {
  /** `<host>:<port>`, without TLS. */
  readonly host: string;
  readonly repositories: readonly [string, string];
  readonly password: string;
  /** Where the reports are written. */
  readonly reports: string;
}

/** How many cases ended how, and what the suite printed. */
export interface SuiteOutcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly output: string;
}

export async function runSuite(
  { version, program }: UpstreamSuite,
  target: SuiteTarget,
  specification: SpecificationVersion,
): Promise<SuiteOutcome> {
  const { host, repositories, password, reports } = target;
  await mkdir(reports, { recursive: true });
  const common = { OCI_USERNAME: "AWS", OCI_PASSWORD: password };
  const environment =
    version === 2
      ? {
          ...common,
          OCI_VERSION: specification,
          OCI_REGISTRY: host,
          OCI_TLS: "disabled",
          OCI_REPO1: repositories[0],
          OCI_REPO2: repositories[1],
          OCI_RESULTS_DIR: reports,
        }
      : {
          ...common,
          OCI_ROOT_URL: `http://${host}`,
          OCI_NAMESPACE: repositories[0],
          OCI_CROSSMOUNT_NAMESPACE: repositories[1],
          OCI_AUTOMATIC_CROSSMOUNT: "true",
          OCI_TEST_PULL: "true",
          OCI_TEST_PUSH: "true",
          OCI_TEST_CONTENT_DISCOVERY: "true",
          OCI_TEST_CONTENT_MANAGEMENT: "true",
          OCI_HIDE_SKIPPED_WORKFLOWS: "false",
          OCI_REPORT_DIR: reports,
        };
  const { code, stdout, stderr } = await run(program, [], environment);
  const output = `${stdout}${stderr}`;
  const counted = version === 2 ? readVersion2(output) : readVersion1(output);
  if (!counted) throw new Error(`the suite ended with ${code} and told no counts:\n${output}`);
  // A suite that counts no failure and still ends so failed in itself.
  return { ...counted, failed: code !== 0 && counted.failed === 0 ? 1 : counted.failed, output };
}

type Counts = Omit<SuiteOutcome, "output">;

/** Lines such as `  FAIL..........................:          0`. */
export function readVersion2(output: string): Counts | undefined {
  const count = (status: string): number | undefined => {
    const [, digits] = new RegExp(`^ *${status}\\.*: +(\\d+)$`, "m").exec(output) ?? [];
    return digits === undefined ? undefined : Number(digits);
  };
  const [passed, failed, errors, skipped] = ["Pass", "FAIL", "Error", "Skip"].map(count);
  if (passed === undefined || failed === undefined || errors === undefined || skipped === undefined) return undefined;
  return { passed, failed: failed + errors, skipped };
}

/** The last line of Ginkgo: `SUCCESS! -- 75 Passed | 0 Failed | 0 Pending | 4 Skipped`. */
export function readVersion1(output: string): Counts | undefined {
  const [, passed, failed, skipped] =
    /(\d+) Passed\D+?(\d+) Failed\D+?\d+ Pending\D+?(\d+) Skipped/.exec(stripVTControlCharacters(output)) ?? [];
  return passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<CliResult> {
  return runCommand(command, args, { ...process.env, ...environment });
}

async function must(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const { code, stdout, stderr } = await run(command, args, environment);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stdout}${stderr}`);
}
