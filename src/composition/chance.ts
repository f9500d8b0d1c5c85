import type { Ids } from "../ports/ids.ts";

/** Numbers from 0, below 1. */
export function chanceOf(ids: Ids): () => number {
  return () => Number.parseInt(ids.hex(8), 16) / 2 ** 32;
}
