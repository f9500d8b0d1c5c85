import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import type { ProxyFiles } from "./render-configuration.ts";

/**
 * The secret behind the cookies of this proxy, made at its first start. With it they outlive the proxy's process; where it is lost, every client is given
 * a server anew.
 */
export async function stickySecret({ stickySecret: path }: ProxyFiles): Promise<Uint8Array> {
  try {
    const kept = await readFile(path);
    if (kept.length === BYTES) return kept;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  }
  const made = randomBytes(BYTES);
  await writeFile(`${path}.new`, made, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  return made;
}

const BYTES = 32;
