import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a server leaves in its data folder while it runs, for the other commands to find it. Holds no secret. */
export interface RunningServer {
  readonly pid: number;
  readonly url: string;
  /** Whose secret the server expects: root's. */
  readonly accessKeyId: string;
  /** The file of the authority that vouches for it; absent where it speaks no TLS, or the operator's own certificate. */
  readonly authorityFile?: string;
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, "server.json");

export function recordServer(dataDirectory: string, server: RunningServer): void {
  writeFileSync(fileIn(dataDirectory), `${JSON.stringify(server)}\n`, { mode: 0o600 });
}

export function forgetServer(dataDirectory: string): void {
  rmSync(fileIn(dataDirectory), { force: true });
}

/** The server that works on this data folder; `undefined` where none does, also when one was killed. */
export function runningServer(dataDirectory: string): RunningServer | undefined {
  let server: RunningServer;
  try {
    server = JSON.parse(readFileSync(fileIn(dataDirectory), "utf8")) as RunningServer;
  } catch {
    // Absent, or cut off by a crash while it was written: both mean that none is known.
    return undefined;
  }
  return isAlive(server.pid) ? server : undefined;
}

/** Whether there is a process of that id, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
