import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { removeLeftovers } from "../../src/composition/leftovers.ts";
import { engineSocket } from "../../bin/setup/engine-socket.js";

const COMMAND = fileURLToPath(new URL("../../bin/airfield.cjs", import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let data: string;
let server: ChildProcess | undefined;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-command-"));
});

afterEach(async () => {
  if (server?.exitCode === null && server.signalCode === null) {
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  }
  server = undefined;
  await removeLeftovers({ dataDirectory: data, dockerSocket: engineSocket() });
  await rm(data, { recursive: true, force: true });
});

function environment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { AIRFIELD_PORT: _port, AWS_REGION: _region, AWS_DEFAULT_REGION: _default, ...rest } = process.env;
  return { ...rest, AIRFIELD_DATA: data, NO_COLOR: "1", ...changes };
}

function airfield(args: readonly string[], env = environment()): Promise<Ended> {
  return run(process.execPath, [COMMAND, ...args], env);
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, [...args], { env, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** Starts the server, and resolves with the first line that it prints. */
async function started(...args: readonly string[]): Promise<string> {
  server = spawn(process.execPath, [COMMAND, "start", "--port", "0", ...args], {
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!server.stdout) throw new Error("no output to read");
  const [line] = (await once(createInterface(server.stdout), "line")) as [string];
  return line;
}

test("start says `ready` once it serves, env gives what aws needs, status works, and SIGTERM stops it cleanly", async () => {
  const line = await started();
  const url = /ready at (http:\/\/127\.0\.0\.1:\d+) /.exec(line)?.[1];
  expect(url).toBeDefined();

  const { code, stdout } = await airfield(["env", "--json"]);
  const variables = JSON.parse(stdout) as Record<string, string>;
  expect(code).toBe(0);
  expect(variables).toMatchObject({ AWS_ENDPOINT_URL: url, AWS_DEFAULT_REGION: "us-east-1" });

  const identity = await run("aws", ["sts", "get-caller-identity", "--query", "Account", "--output", "text"], environment(variables));
  expect(identity).toEqual({ code: 0, stdout: "123456789012\n", stderr: "" });

  await run("aws", ["ecs", "create-cluster", "--cluster-name", "far", "--region", "ap-south-1"], environment(variables));
  const status = await airfield(["status"]);
  expect(status).toEqual({ code: 0, stdout: `Airfield at ${url}\n\nap-south-1\n  cluster far  empty\n`, stderr: "" });

  const exited = once(server as ChildProcess, "exit");
  server?.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  expect(await readdir(data)).not.toContain("server.json");
  expect(await airfield(["status"])).toMatchObject({ code: 1, stderr: expect.stringContaining("nothing answers at") as string });
});

test("the keys of the first start are those of every later one", async () => {
  await started();
  const before = (await airfield(["env"])).stdout;
  const exited = once(server as ChildProcess, "exit");
  server?.kill("SIGKILL");
  await exited;
  await started();
  const keys = (text: string): string =>
    text
      .split("\n")
      .filter((line) => line.includes("KEY"))
      .join("\n");
  expect(keys((await airfield(["env"])).stdout)).toBe(keys(before));
});

describe("what keeps the server from starting is said, with what to do", () => {
  test("a data folder that another server has", async () => {
    await started();
    const { code, stdout, stderr } = await airfield(["start", "--port", "0"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^airfield: the data folder .* is in use by the Airfield that runs as process \d+ at http.*\n.*AIRFIELD_DATA/);
  });

  test("a port that another program has", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await airfield(["start", "--port", String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^airfield: port ${port} is taken by another program\n.*AIRFIELD_PORT`));
  });

  test("an engine that does not answer", async () => {
    const { code, stderr } = await airfield(["start", "--port", "0", "--docker-socket", join(data, "none.sock")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^airfield: the Docker engine at .*none\.sock cannot be reached: .*\n.*airfield doctor/);
  });

  test.each(["65536", "http", "-1", ""])("--port %j", async (port) => {
    const { code, stderr } = await airfield(["start", `--port=${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^airfield: ".*" is not a port\n/);
  });
});

test("doctor finds nothing wanting that Airfield needs, and says so in its exit code, also to a user whose PATH does not lead to root's programs", async () => {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.endsWith("sbin"));
  const { code, stdout } = await airfield(["doctor", "--json"], environment({ AIRFIELD_PORT: "0", PATH: folders.join(":") }));
  const findings = JSON.parse(stdout) as readonly { name: string; verdict: string }[];
  expect(findings.filter(({ verdict }) => verdict === "missing")).toEqual([]);
  expect(code).toBe(0);
});

test("doctor tells of an engine that does not answer", async () => {
  const { code, stdout } = await airfield(["doctor", "--docker-socket", join(data, "none.sock")], environment({ AIRFIELD_PORT: "0" }));
  expect(stdout).toMatch(/✗ Docker engine: .*none\.sock cannot be reached: .*\n {4}If Docker is installed, .*\./);
  expect(code).toBe(1);
});

test("the demo deploys under load without losing a request, and leaves nothing behind", async () => {
  const { code, stdout, stderr } = await airfield(["demo"]);
  expect({ code, stderr, stdout }).toMatchObject({ code: 0, stderr: "" });
  expect(stdout).toMatch(/\d{3,} requests sent during the deployment, 0 failed/);
  expect(stdout).toContain("nothing is left behind");
  const name = /demo-[0-9a-f]{4}/.exec(stdout)?.[0];
  expect(await run("docker", ["images", "--quiet", "--filter", `label=airfield.demo=${name}`], process.env)).toMatchObject({
    code: 0,
    stdout: "",
  });
  expect(await run("docker", ["ps", "--all", "--format", "{{.Image}}"], process.env)).not.toMatchObject({
    stdout: expect.stringContaining(String(name)) as string,
  });
  expect(await readdir(data)).not.toContain("server.json");
});
