import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../src/testing/aws-cli.ts";
import { findGo } from "../../test/conformance/upstream-suite.ts";
import { registryProcess, type RegistryProcess } from "./registry-process.ts";

const MODULE = "github.com/olareg/olareg/cmd/olareg@v0.2.2";
const SCRATCH = fileURLToPath(new URL("../../.tmp/olareg", import.meta.url));

/** Names a checkout of github.com/olareg/olareg, where the Go module proxy does not have it. */
const CHECKOUT = "AIRFIELD_BENCH_OLAREG";

/** olareg over a folder, with what it does by itself: it neither syncs nor encrypts nor asks who somebody is. `undefined` where it cannot be had. */
export async function olareg(): Promise<RegistryProcess | undefined> {
  const program = await built();
  if (program === undefined) return undefined;
  return registryProcess("olareg", ({ folder, port }) =>
    // Its collector of garbage would run in the middle.
    Promise.resolve([program, "serve", "--addr", "127.0.0.1", "--port", String(port), "--dir", folder, "--gc-frequency", "-1s"]),
  );
}

/** Built once into a folder of this checkout, where it stays for the next time. */
async function built(): Promise<string | undefined> {
  const program = join(SCRATCH, "olareg");
  const checkout = process.env[CHECKOUT];
  if (checkout === undefined && existsSync(program)) return program;
  const go = findGo();
  if (go === undefined) return missing("there is no Go toolchain");
  await mkdir(SCRATCH, { recursive: true });
  const args = checkout === undefined ? ["install", MODULE] : ["build", "-C", resolve(checkout), "-o", program, "./cmd/olareg"];
  const { code, stderr } = await runCommand(go, args, { ...process.env, GOBIN: SCRATCH });
  if (code === 0) return program;
  if (checkout !== undefined) throw new Error(`${checkout} cannot be built: ${stderr}`);
  return missing(`the Go module proxy does not give it; ${CHECKOUT} may name a checkout`);
}

function missing(reason: string): undefined {
  process.stderr.write(`olareg is left out: ${reason}\n`);
  return undefined;
}
