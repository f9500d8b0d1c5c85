import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * A name for a copy of the state before it is brought to a later version, in a folder of the data folder. The copies are the operator's to
 * remove.
 * @param now milliseconds since the Unix epoch
 */
export async function newBackupFile(dataDirectory: string, version: number, now: number): Promise<string> {
  const folder = join(dataDirectory, "backups");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  return join(folder, `state-version-${version}-${time}.db`);
}
