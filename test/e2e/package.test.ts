import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { engineSocket } from "../../bin/setup/engine-socket.js";
import { removeLeftovers } from "../../src/composition/leftovers.ts";
import { freePort } from "../../src/testing/airfield-process.ts";
import { distributionImage } from "../../src/testing/distribution-image.ts";

const execute = promisify(execFile);
const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const IMAGE = "airfield-test/program:1";
const BASE = "airfield-test/distribution:1";

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-package-"));
  data = join(folder, "data");
});

afterAll(async () => {
  await removeLeftovers({ dataDirectory: data, dockerSocket: engineSocket() });
  await rm(folder, { recursive: true, force: true });
});

const environment = (changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  AIRFIELD_DATA: data,
  NO_COLOR: "1",
  ...changes,
});

/** The variables that `airfield env --json` prints. */
async function apiEnvironment(command: string, args: readonly string[]): Promise<NodeJS.ProcessEnv> {
  const { stdout } = await execute(command, [...args, "env", "--json"], { cwd: folder, env: environment() });
  return environment(JSON.parse(stdout) as Record<string, string>);
}

async function clusters(env: NodeJS.ProcessEnv): Promise<unknown> {
  const { stdout } = await execute("aws", ["ecs", "list-clusters"], { env });
  return JSON.parse(stdout);
}

test("packed for npm and installed elsewhere, it runs by npx, says when it is ready, and ends when it is told to", async () => {
  await execute("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: ROOT });
  const install = ["install", "--omit=dev", "--no-audit", "--no-fund", "--prefer-offline", "--prefix", folder];
  await execute("npm", [...install, join(folder, "airfield-0.2.0.tgz")], { cwd: folder });
  // What tests are made of is no part of it.
  expect(existsSync(join(folder, "node_modules/airfield/dist/testing"))).toBe(false);
  expect(existsSync(join(folder, "node_modules/vitest"))).toBe(false);

  const early = execute("npx", ["airfield", "wait-ready", "--timeout", "0.2"], { cwd: folder, env: environment() });
  await expect(early).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("no server was ready on") as string });

  const server = spawn("npx", ["airfield", "start", "--port", "0"], { cwd: folder, env: environment(), stdio: "ignore" });
  const { stdout } = await execute("npx", ["airfield", "wait-ready"], { cwd: folder, env: environment() });
  expect(stdout).toMatch(/^airfield ready at http:\/\/127\.0\.0\.1:\d+\n$/);
  expect(await clusters(await apiEnvironment("npx", ["airfield"]))).toEqual({ clusterArns: [] });
  // The console comes with it, built.
  const page = await fetch(new URL("/console/", /http\S+/.exec(stdout)?.[0]));
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("/console/assets/")]);
  const ended = once(server, "exit");
  // npx passes no signals on: this is what scripts have.
  await execute("npx", ["airfield", "stop"], { cwd: folder, env: environment() });
  await ended;
  const none = execute("npx", ["airfield", "stop"], { cwd: folder, env: environment() });
  await expect(none).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("no server works on") as string });
});

test("in a container of its own image, beside the engine, it does the same", async () => {
  await distributionImage(BASE, { "/usr/local/bin/node": process.execPath, "/usr/sbin/haproxy": "/usr/sbin/haproxy" }, [
    createRequire(join(ROOT, "node_modules/libsql/index.js")).resolve(`@libsql/linux-${process.arch}-gnu`),
  ]);
  await execute("node", [join(ROOT, "bin/image.js"), "--base", BASE, "--tag", IMAGE], { cwd: ROOT });
  const port = await freePort();
  const socket = engineSocket();
  const settings = ["--env", `AIRFIELD_DATA=${data}`, "--env", `AIRFIELD_PORT=${port}`];
  const mounts = ["--volume", `${data}:${data}`, "--volume", `${socket}:/var/run/docker.sock`];
  const { stdout } = await execute("docker", ["run", "--detach", "--rm", "--network", "host", ...settings, ...mounts, IMAGE]);
  const container = stdout.trim();
  try {
    const program = ["exec", container, "node", "/airfield/node_modules/airfield/bin/airfield.cjs"];
    await execute("docker", [...program, "wait-ready"]);
    expect(await clusters(await apiEnvironment("docker", program))).toEqual({ clusterArns: [] });
  } finally {
    await execute("docker", ["stop", container]);
    await execute("docker", ["image", "rm", "--force", IMAGE, BASE]);
  }
});
