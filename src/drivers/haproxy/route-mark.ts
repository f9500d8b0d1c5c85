import { createHash } from "node:crypto";

/** A number that stands for what a route asks for, in a variable of each request that it takes: equal where that is. */
export function markOf(asked: object): number {
  return createHash("sha256").update(JSON.stringify(asked)).digest().readUInt32BE(0) >>> 1;
}
