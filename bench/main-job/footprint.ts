import { readFile } from "node:fs/promises";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { atMost, median, type Figure } from "../figure.ts";

const ROUNDS = 5;

/** Time from the start of the process to its `ready` line, and its resident memory when idle. */
export async function footprint(tell: (figure: Figure) => void): Promise<void> {
  const starts: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await using airfield = await airfieldProcess();
    starts.push(airfield.startedIn / 1000);
    memory.push(await residentMebibytes(airfield.pid));
  }
  tell(atMost(1, { name: "start to ready", unit: "s", ours: median(starts) }));
  tell(atMost(120, { name: "idle resident memory", unit: "MB", ours: median(memory) }));
}

async function residentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no resident size of process ${pid}`);
  return (Number(kibibytes) * 1024) / 1e6;
}
