import { readFile, readlink } from "node:fs/promises";
import type { Clock } from "../../ports/clock.ts";

/** Milliseconds between two looks at a process that replaces itself just now. */
const lookAgain = 5;
/** Milliseconds within which such a process has its words again; what has none for longer was started with none. */
const patience = 1000;

/**
 * Whether a process runs that was started with an argument. A process that replaces itself by another program has no arguments for a moment, as HAProxy's
 * master when it loads a configuration: it is looked at again then, since no event tells of its end.
 * @param read the kernel's words on a process, as `/proc/<pid>/cmdline` has them
 */
export async function startedWith(argument: string, pid: number, clock: Clock, read = commandLine): Promise<boolean> {
  const until = clock.now() + patience;
  let line = await read(pid);
  while (line === "" && clock.now() < until) {
    await new Promise<void>((resolve) => void clock.after(lookAgain, resolve));
    line = await read(pid);
  }
  return line?.split("\0").includes(argument) ?? false;
}

/** `undefined` where no program runs: what has ended and waits for its parent, and the kernel's own threads, have no words and never will. */
async function commandLine(pid: number): Promise<string | undefined> {
  try {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8");
    if (line === "") await readlink(`/proc/${pid}/exe`);
    return line;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    // Another user's program, for all we may know.
    if (code === "EACCES") return "";
    throw error;
  }
}
