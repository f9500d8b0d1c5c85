import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { Ended } from "./nft.ts";

/** Calls a program with arguments. Rejects with `ENOENT` where there is none. */
export type CallProgram = (args: readonly string[]) => Promise<Ended>;

export function callProgram(program: string): CallProgram {
  return async (args) => {
    // Its words are looked at, in English.
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
    const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
    const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { code, output, errors };
  };
}
