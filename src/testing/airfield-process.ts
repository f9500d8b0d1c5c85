import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DEFAULT_REGION } from "../domain/scope.ts";
import { TEST_KEYS } from "./api-world.ts";
import { cliEnvironment, runAws, runCommand, type CliResult } from "./aws-cli.ts";

/** The compiled program: what users run, and what can be killed. */
const PROGRAM = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin", "airfield.cjs");

export interface AirfieldProcess extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly pid: number;
  /** Milliseconds from the start of the process to its `ready` line. */
  readonly startedIn: number;
  client<C>(constructor: new (config: never) => C, region?: string): C;
  aws(...args: readonly string[]): Promise<CliResult>;
  /** Runs any command with the exports of `airfield env`. */
  run(command: string, args: readonly string[], input?: string): Promise<CliResult>;
  /** What it printed so far. */
  output(): string;
  /** Ends the process at once, as `kill -9` does. */
  kill(): Promise<void>;
  /** Ends the process as an operator does, and waits until it has. */
  stop(): Promise<void>;
  /** Starts it again on the same folder and port. */
  restart(): Promise<AirfieldProcess>;
}

export interface AirfieldProcessOptions {
  readonly dataDirectory?: string;
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts Airfield as a user would, on a port and folder of its own. Disposing ends it and every container, network and proxy it made. */
export async function airfieldProcess(options: AirfieldProcessOptions = {}): Promise<AirfieldProcess> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "airfield-")));
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const child = spawn(process.execPath, [PROGRAM, "start"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...options.environment,
      AIRFIELD_PORT: String(port),
      AIRFIELD_DATA: dataDirectory,
      AIRFIELD_ROOT_ACCESS_KEY_ID: TEST_KEYS.accessKeyId,
      AIRFIELD_ROOT_SECRET_ACCESS_KEY: TEST_KEYS.secretAccessKey,
    },
  });
  const lines: string[] = [];
  await ready(child, lines);
  const startedIn = performance.now() - started;
  const target = { url, ...TEST_KEYS, home: dataDirectory };
  const clients: { destroy?: () => void }[] = [];
  return {
    url,
    port,
    dataDirectory,
    pid: child.pid ?? 0,
    startedIn,
    client(constructor, region = DEFAULT_REGION) {
      const client = new constructor({ endpoint: url, region, credentials: TEST_KEYS, maxAttempts: 1 } as never);
      clients.push(client as { destroy?: () => void });
      return client;
    },
    aws: (...args) => runAws(target, args),
    run: (command, args, input) => runCommand(command, args, cliEnvironment(target), input),
    output: () => lines.join("\n"),
    kill: () => end(child, "SIGKILL"),
    stop: () => end(child, "SIGTERM"),
    restart: () => airfieldProcess({ ...options, dataDirectory, port }),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy?.();
      await end(child, "SIGKILL");
      await cleanUp(dataDirectory, port);
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** Leaves nothing behind: a last start that stops every task, removes networks, and ends the proxy. */
async function cleanUp(dataDirectory: string, port: number): Promise<void> {
  const env = { ...process.env, AIRFIELD_PORT: String(port), AIRFIELD_DATA: dataDirectory };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, "clean"], { env });
  if (!stdout.startsWith("removed")) throw new Error(`airfield clean did not say that it was done: ${stdout}`);
}

async function ready(child: ChildProcess, lines: string[]): Promise<void> {
  const isReady = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface({ input: stream }).on("line", (line) => {
          lines.push(line);
          if (/\bready\b/.test(line)) resolve();
        });
  });
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`airfield ended with ${String(code)} before it was ready:\n${lines.join("\n")}`);
  });
  await Promise.race([isReady, exited]);
  exited.catch(() => undefined);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
