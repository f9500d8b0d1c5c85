// Builds the container image of the program, as it is packed for npm: `npm run image [-- --base <image>] [--tag <name>]`.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run } from "./setup/process.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { values } = parseArgs({ options: { base: { type: "string" }, tag: { type: "string", default: `airfield:${version}` } } });

const context = mkdtempSync(join(tmpdir(), "airfield-image-"));
try {
  await run("npm", ["pack", "--silent", "--pack-destination", context], { cwd: root });
  const quiet = ["--omit=dev", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
  await run("npm", ["install", "--prefix", context, ...quiet, join(context, `airfield-${version}.tgz`)], { cwd: context });
  copyFileSync(join(root, "Dockerfile"), join(context, "Dockerfile"));
  const base = values.base === undefined ? [] : ["--build-arg", `BASE=${values.base}`];
  await run("docker", ["build", "--quiet", ...base, "--tag", values.tag, context], { cwd: context });
  process.stdout.write(`${values.tag}\n`);
} finally {
  rmSync(context, { recursive: true, force: true });
}
