import { spawn, type ChildProcess } from "node:child_process";
import { engineKeeps } from "../clean.ts";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, watch } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineSocket } from "../../../bin/setup/engine-socket.js";
import { openDataFolder } from "../../drivers/filesystem/own-folder.ts";
import { CliError } from "../cli-error.ts";
import { runningServer, type RunningServer } from "../running-server.ts";
import { dataSetting, DEFAULT_PORT, portSetting, PROGRAM_FOLDER } from "../settings.ts";

export interface ServerFlags {
  readonly port?: string;
  readonly data?: string;
  readonly dockerSocket?: string;
  readonly keep?: boolean;
}

/** The server that the demo talks to. */
export interface DemoServer {
  readonly url: string;
  readonly dataDirectory: string;
  /** Whether it ran before the demo, which then leaves it alone. */
  readonly found: boolean;
  /** Stops it and its tasks, and removes a throw-away data folder. */
  stop(): Promise<void>;
}

/**
 * The server that runs on the usual data folder, or a new one: on a throw-away folder, or, to be kept, on the usual one. It is a process of its
 * own, so that interrupting the demo does not cut it off before things are cleaned up.
 */
export async function demoServer(flags: ServerFlags): Promise<DemoServer> {
  const usual = dataSetting(flags.data);
  const running = runningServer(usual);
  if (running) return { url: running.url, dataDirectory: usual, found: true, stop: () => Promise.resolve() };

  const throwAway = !flags.keep && flags.data === undefined && !process.env["AIRFIELD_DATA"];
  const dataDirectory = throwAway ? mkdtempSync(join(tmpdir(), "airfield-demo-")) : usual;
  await openDataFolder(dataDirectory);
  const port = await freePort(portSetting(flags.port));
  const log = join(dataDirectory, "server.log");
  const output = openSync(log, "a", 0o600);
  const arguments_ = [
    "start",
    "--port",
    String(port),
    "--data",
    dataDirectory,
    ...(flags.dockerSocket ? ["--docker-socket", flags.dockerSocket] : []),
  ];
  const child = spawn(
    process.execPath,
    [join(PROGRAM_FOLDER, "bin/airfield.cjs"), ...arguments_, ...(flags.keep ? [] : ["--stop-tasks"])],
    {
      detached: true,
      stdio: ["ignore", output, output],
    },
  );
  const { url } = await ready(child, dataDirectory, log);
  child.unref();
  return {
    url,
    dataDirectory,
    found: false,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.ref();
        const exited = once(child, "exit");
        child.kill("SIGTERM");
        await exited;
      }
      if (!throwAway) return;
      const { removeLeftovers } = await import("../../composition/leftovers.ts");
      const kept = await removeLeftovers({ dataDirectory, dockerSocket: engineSocket(flags.dockerSocket) });
      if (kept.length > 0) console.error(engineKeeps(kept));
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** Waits until the server has recorded itself in its data folder, which it does when it accepts requests. */
function ready(child: ChildProcess, dataDirectory: string, log: string): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    const watcher = watch(dataDirectory, look);
    child.on("error", reject);
    child.on("exit", failed);
    look();
    function look(): void {
      const server = runningServer(dataDirectory);
      if (server?.pid !== child.pid || !server) return;
      watcher.close();
      child.off("exit", failed);
      child.off("error", reject);
      resolve(server);
    }
    function failed(): void {
      watcher.close();
      reject(new CliError(`the server did not start:\n${readFileSync(log, "utf8").trimEnd()}`));
    }
  });
}

/** The wanted port where it is free, else one that the system chooses. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      // A port of one's own choosing is not exchanged for another: the server will say that it is taken.
      if (error.code !== "EADDRINUSE") reject(error);
      else resolve(wanted === DEFAULT_PORT ? freePort(0) : wanted);
    });
    probe.listen(wanted, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
