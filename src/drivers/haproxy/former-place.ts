import { lstat, readdir, rm, stat } from "node:fs/promises";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { isOurs, openOwnFolder, UntrustedPlaceError } from "../filesystem/own-folder.ts";
import { HaproxyProcess } from "./haproxy-process.ts";
import { startedWith } from "./started-with.ts";
import { proxyFiles } from "./render-configuration.ts";

interface Parts {
  readonly binary?: string;
  readonly clock: Clock;
  readonly logger?: Logger;
}

/**
 * Whether a proxy that an earlier version started in this folder runs there and may be adopted. One whose folder is gone, or could be another
 * user's by now, is ended instead: its traffic is cut until the next one has started, which is told. What an ended one left is removed.
 */
export async function runsInFormerPlace(directory: string, { binary = "haproxy", clock, logger }: Parts): Promise<boolean> {
  let problem = `${directory} is gone`;
  if (await exists(directory)) {
    try {
      await using folder = await openOwnFolder(directory);
      const running = new HaproxyProcess(binary, proxyFiles(directory, folder.path), clock);
      if (await running.runs()) return true;
      await rm(directory, { recursive: true, force: true });
      return false;
    } catch (cause) {
      if (!(cause instanceof UntrustedPlaceError)) throw cause;
      problem = cause.message;
    }
  }
  const pids = await processesWith(proxyFiles(directory).configurationName, clock);
  for (const pid of pids) endProcess(pid);
  const running = new HaproxyProcess(binary, proxyFiles(directory), clock);
  for (const pid of pids) await running.gone(pid);
  if (pids.length > 0)
    logger?.warn("HAProxy ran in a folder that cannot be trusted: it was ended, and is started anew in the data folder", { problem });
  return false;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
      return false;
    },
  );
}

/** Processes of ours that were started with an argument, by what the kernel says of them. */
async function processesWith(argument: string, clock: Clock): Promise<readonly number[]> {
  const pids = (await readdir("/proc").catch(() => [])).map(Number).filter((pid) => pid > 0);
  const found = await Promise.all(pids.map(async (pid) => (await isOfOurUser(pid)) && (await startedWith(argument, pid, clock))));
  return pids.filter((_pid, at) => found[at]);
}

async function isOfOurUser(pid: number): Promise<boolean> {
  try {
    return isOurs((await stat(`/proc/${pid}`)).uid);
  } catch {
    // It ended while it was looked at.
    return false;
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch (cause) {
    // A worker ends with its master.
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}
