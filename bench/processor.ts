import { readFileSync } from "node:fs";

/**
 * Seconds of a processor that a process has taken so far, all its threads and the kernel for them.
 * Source: proc(5), "/proc/pid/stat": the 14th and 15th field, in hundredths of a second.
 */
export function busySeconds(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "latin1").split(/\) (?=[^)]*$)/);
  const [user, system] = fields.split(" ").slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}
