import { statfsSync } from "node:fs";

/** What a folder's disk has left for us, and has in all, in bytes. */
export interface DiskRoom {
  readonly free: number;
  readonly total: number;
}

/** What a disk must have left for a journal to take what is new: 1 MiB, or a hundredth of a small disk. */
const LEAST_FREE = 1024 * 1024;
const SMALL_SHARE = 0.01;

/** Whether a disk has so many times what a journal asks for. */
export function leavesRoom({ free, total }: DiskRoom, times = 1): boolean {
  return free >= times * Math.min(LEAST_FREE, total * SMALL_SHARE);
}

/** What an operator is told of a full disk. */
export function fullDiskText(folder: string): string {
  return `the disk of ${folder} is full: what is there can be read, and nothing is changed until there is room; free some space there`;
}

/** Root may use what a file system keeps for it. */
export function diskRoom(folder: string): DiskRoom {
  const { bavail, bfree, blocks, bsize } = statfsSync(folder);
  return { free: (process.geteuid?.() === 0 ? bfree : bavail) * bsize, total: blocks * bsize };
}
