import { join } from "node:path";

/**
 * Where an object lies in a folder whose folders stand for buckets. Names come from accounts: `undefined` for one that reads otherwise as a path. Links are for
 * the caller to look at.
 */
export function objectPath(folder: string, bucket: string, key: string): string | undefined {
  const parts = `${bucket}/${key}`.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) return undefined;
  return join(folder, ...parts);
}
