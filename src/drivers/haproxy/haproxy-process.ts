import { execFile, spawn } from "node:child_process";
import { open, readdir, readFile, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { promisify } from "node:util";
import type { Clock } from "../../ports/clock.ts";
import { askHaproxy } from "./runtime-api.ts";
import { startedWith } from "./started-with.ts";
import { TOLD, type ProxyFiles } from "./render-configuration.ts";

/** HAProxy would not work by a configuration. The message is its own. */
export class HaproxyRefusalError extends Error {}

export interface HaproxyWorkers {
  readonly master: number;
  /** The worker that takes new connections; `undefined` where the last reload failed and an older one goes on. */
  readonly current: number | undefined;
  /** How many reloads there were and how many failed, in HAProxy's words. */
  readonly reloads: string;
  /** Workers that a reload replaced and that still carry something. */
  readonly retired: readonly number[];
}

/** The master process in `files.directory`, whoever started it. */
export class HaproxyProcess {
  readonly #binary: string;
  readonly #clock: Clock;
  readonly #files: ProxyFiles;

  constructor(binary: string, files: ProxyFiles, clock: Clock) {
    this.#binary = binary;
    this.#clock = clock;
    this.#files = files;
  }

  /** The workers of the master that runs here; `undefined` where none does. */
  async workers(): Promise<HaproxyWorkers | undefined> {
    try {
      return parseProcesses(await askHaproxy(this.#files.masterSocket, "show proc"));
    } catch (error) {
      if (nobodyListens(error)) return undefined;
      throw error;
    }
  }

  /**
   * The workers of a master that an earlier control plane left here, which may be reloading just now; `undefined` where none runs.
   * One that does not answer for long is ended, so that another can take its ports.
   */
  async adopted(): Promise<HaproxyWorkers | undefined> {
    const workers = await this.workers();
    const pid = await this.#writtenPid();
    if (workers !== undefined || pid === undefined || !(await this.#isOurs(pid))) return workers;
    const late = new AbortController();
    using _timer = this.#clock.after(reloadPatience, () => late.abort(new HaproxyRefusalError("late")));
    try {
      return await this.#reached(() => true, late.signal);
    } catch (error) {
      if (!(error instanceof HaproxyRefusalError)) throw error;
      if (await this.#isOurs(pid)) process.kill(pid, "SIGKILL");
      return undefined;
    }
  }

  /** Whether a master runs here, if only one that does not answer just now. */
  async runs(): Promise<boolean> {
    const pid = await this.#writtenPid();
    return (await this.workers()) !== undefined || (pid !== undefined && (await this.#isOurs(pid)));
  }

  /** Whether a master was started here at some time. */
  async wasStarted(): Promise<boolean> {
    return (await this.#writtenPid()) !== undefined;
  }

  /** Whether a process is a HAProxy with our configuration: a process id may have gone to another program. */
  #isOurs(pid: number): Promise<boolean> {
    return startedWith(this.#files.configurationName, pid, this.#clock);
  }

  async #writtenPid(): Promise<number | undefined> {
    try {
      const pid = Number.parseInt(await readFile(this.#files.pid, "utf8"), 10);
      return Number.isNaN(pid) ? undefined : pid;
    } catch (error) {
      if (isCode(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** Rejects with HAProxy's own words where a configuration, named within the folder, is wrong. Ports are not tried. */
  async check(configuration: string): Promise<void> {
    try {
      await promisify(execFile)(this.#binary, ["-c", "-f", configuration], { cwd: this.#files.directory });
    } catch (error) {
      throw refusal(error instanceof Error && "stderr" in error ? String(error.stderr) : String(error));
    }
  }

  /** Starts the master in a session of its own, and resolves when its worker takes connections. */
  async start(): Promise<HaproxyWorkers> {
    const { directory, configurationName, masterSocket, pid, output } = this.#files;
    await Promise.all([rm(pid, { force: true }), rm(masterSocket, { force: true })]);
    const log = await open(output, "w", 0o600);
    // Node sets the limit of open files to what the system allows, and the proxy inherits it.
    const child = spawn(this.#binary, ["-W", "-S", `${TOLD.masterSocket},mode,600`, "-f", configurationName, "-p", TOLD.pid], {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      cwd: directory,
    });
    const failed = new AbortController();
    child.on("error", (error) => failed.abort(error));
    child.on("exit", () => failed.abort(new HaproxyRefusalError("ended")));
    child.unref();
    try {
      return await this.#reached((workers) => workers.current !== undefined && workers.master === child.pid, failed.signal);
    } catch (error) {
      throw error instanceof HaproxyRefusalError ? refusal(await readFile(output, "utf8")) : error;
    } finally {
      await log.close();
    }
  }

  /**
   * Resolves with the workers once they are as wanted. While it loads a configuration, the master replaces itself twice and its
   * socket is gone for moments. It asks again and again meanwhile: nothing that Node can wait for tells when HAProxy, whose socket
   * is there already, begins to listen on it. (`sd_notify` would, over a kind of socket that Node does not have.)
   */
  #reached(wanted: (workers: HaproxyWorkers) => boolean, failed: AbortSignal): Promise<HaproxyWorkers> {
    return new Promise((resolve, reject) => {
      const ask = (): void => {
        if (failed.aborted) return reject(failed.reason);
        this.workers().then(
          (workers) => {
            if (workers !== undefined && wanted(workers)) resolve(workers);
            else this.#clock.after(askAgain, ask);
          },
          (error: unknown) => reject(error),
        );
      };
      ask();
    });
  }

  /** Lets the master read its configuration anew. Rejects where it could not; the workers that run then go on as they are. */
  async reload(): Promise<HaproxyWorkers> {
    const before = await this.workers();
    if (before === undefined) throw new HaproxyRefusalError("HAProxy is not running, so it cannot reload.");
    const alreadyWritten = (await readFile(this.#files.output, "utf8")).length;
    // Before 2.7 the master replaces itself at once, without a word, and the connection may break.
    const answer = await askHaproxy(this.#files.masterSocket, "reload").catch((error: unknown) => {
      if (isCode(error, "ECONNRESET")) return "";
      throw error;
    });
    const late = new AbortController();
    using _timer = this.#clock.after(reloadPatience, () =>
      late.abort(new HaproxyRefusalError("HAProxy did not answer after it was to reload.")),
    );
    const after = await this.#reached((workers) => workers.reloads !== before.reloads, late.signal);
    if (after.current === undefined || after.current === before.current) {
      const output = await readFile(this.#files.output, "utf8");
      throw refusal(`${answer}\n${output.slice(alreadyWritten)}`);
    }
    return after;
  }

  /** Resolves when no master runs here any more. */
  ended(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.#files.masterSocket);
      socket.on("error", (error) => (nobodyListens(error) ? resolve() : reject(error)));
      socket.on("close", () => resolve());
      socket.resume();
    });
  }

  /**
   * Resolves when a process of ours has let go of its ports, or does not for long. It is asked again and again, since no event tells of
   * the end of a process that is not our child.
   */
  async gone(pid: number): Promise<void> {
    const until = this.#clock.now() + reloadPatience;
    while (this.#clock.now() < until && (await holdsFiles(pid))) {
      await new Promise<void>((resolve) => void this.#clock.after(askAgain, resolve));
    }
  }

  /** Ends master and workers and cuts what they carry. Resolves when they are gone, and their ports are free. */
  async stop(): Promise<void> {
    const workers = await this.workers();
    if (workers === undefined) return;
    const ended = this.ended();
    process.kill(workers.master, "SIGTERM");
    await ended;
    // The master's connections close before the ports of either do.
    for (const pid of [workers.master, workers.current ?? 0, ...workers.retired]) if (pid > 0) await this.gone(pid);
    // One that was told to end is not missed at the next start.
    await rm(this.#files.pid, { force: true });
  }
}

/**
 * Whether a process may still have sockets open. It has none once it waits for its parent only, and none of its threads is left.
 * (Its command line is empty long before that.)
 */
async function holdsFiles(pid: number): Promise<boolean> {
  try {
    const [status, threads] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"), readdir(`/proc/${pid}/task`)]);
    return threads.length > 1 || !/\) [ZX] /.test(status);
  } catch (error) {
    if (isCode(error, "ENOENT", "ESRCH")) return false;
    throw error;
  }
}

/** `show proc` of the master's command line. */
export function parseProcesses(text: string): HaproxyWorkers | undefined {
  let old = false;
  let master: { pid: number; reloads: string } | undefined;
  let current: number | undefined;
  const retired: number[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("# ")) old = line.startsWith("# old workers");
    const found = /^(\d+)\s+(master|worker)\s+(\d+(?: \[failed: \d+\])?)/.exec(line);
    const [, pid, type, reloads = ""] = found ?? [];
    if (type === "master") master = { pid: Number(pid), reloads };
    else if (type === "worker" && old) retired.push(Number(pid));
    else if (type === "worker") current = Number(pid);
  }
  return master === undefined ? undefined : { master: master.pid, current, reloads: master.reloads, retired };
}

/** A reset is what a connection sees that a master has not answered when it replaces itself or ends. */
export function nobodyListens(error: unknown): boolean {
  return isCode(error, "ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE");
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Milliseconds between two questions while the master loads a configuration, which takes some 100. */
const askAgain = 5;
/** Milliseconds within which a master has read its configuration, however large, and answers again. */
const reloadPatience = 30_000;

/** The alerts among what HAProxy printed, without its prefix of level and process. */
function refusal(printed: string): HaproxyRefusalError {
  const alerts = printed.split("\n").flatMap((line) => /^\[ALERT\]\s+\(\d+\) : (.*)$/.exec(line)?.[1] ?? []);
  return new HaproxyRefusalError(alerts.length > 0 ? alerts.join("\n") : printed.trim() || "HAProxy ended without a word.");
}
