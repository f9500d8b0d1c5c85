import { existsSync } from "node:fs";
import { join } from "node:path";
import { BackupError } from "./contents.ts";

/** In a data folder whose restoring has begun and not ended. */
export const UNDER_WAY = "restore-under-way";

/** @throws BackupError where a folder has a part of what was restored, of which a server would make something else */
export function refuseHalfRestored(dataDirectory: string): void {
  if (existsSync(join(dataDirectory, UNDER_WAY)))
    throw new BackupError(`a restore into ${dataDirectory} has not ended`, "Remove the folder, and restore the backup again.");
}
