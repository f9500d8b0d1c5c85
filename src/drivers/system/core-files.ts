import { writeFile } from "node:fs/promises";

/**
 * Keeps memory, and with it keys and secrets, out of core files: on Linux a process may say that nothing of its memory belongs into one.
 * What it starts inherits this. Elsewhere the operator's limits decide (`ulimit -c 0`). Source: core(5), "Controlling which mappings are
 * written to the core dump".
 */
export async function keepCoreFilesEmpty(file = "/proc/self/coredump_filter"): Promise<void> {
  if (process.platform !== "linux") return;
  // A kernel without core files has no such file.
  await writeFile(file, "0").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT" && cause.code !== "EACCES") throw cause;
  });
}
