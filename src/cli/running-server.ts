import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a server leaves in its data folder while it runs, for the other commands to find it. Holds no secret. */
export interface RunningServer {
  readonly pid: number;
  /** When that process began, where the system tells: the id alone is given again, to a stranger, or in a container to the next server. */
  readonly began?: string;
  readonly url: string;
  /** Whose secret the server expects: root's. */
  readonly accessKeyId: string;
  /** The file of the authority that vouches for it; absent where it speaks no TLS, or the operator's own certificate. */
  readonly authorityFile?: string;
  /** Where it answers names to this machine; absent where it does not. */
  readonly dns?: { readonly address: string; readonly port: number };
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, "server.json");

export function recordServer(dataDirectory: string, server: Omit<RunningServer, "began">): void {
  writeFileSync(fileIn(dataDirectory), `${JSON.stringify({ ...server, began: beginningOf(server.pid) })}\n`, { mode: 0o600 });
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
  return isAlive(server) ? server : undefined;
}

/** Whether that very process is there, whoever's it is. */
export function isAlive({ pid, began }: Pick<RunningServer, "pid" | "began">): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const found = beginningOf(pid);
  return began === undefined || found === undefined || began === found;
}

/** The boot and the clock tick at which a process began; `undefined` where the system does not tell. Source: proc_pid_stat(5). */
function beginningOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may hold anything. What comes after it begins with the third value; the 22nd is the beginning.
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${ticks}`;
  } catch {
    return undefined;
  }
}
