import { recordIn } from "../drivers/backup/copied-database.ts";
import { makeBackup, type BackupParts, type MadeBackup } from "../drivers/backup/make-backup.ts";
import { restoreBackup, type Restored, type RestoreParts } from "../drivers/backup/restore.ts";
import { STATE_VERSION, VERSION_RECORD, versionOf } from "../state/open-state.ts";

/** Makes a backup of a data folder, whether a server runs on it or not. @throws BackupError */
export function backUp(parts: Omit<BackupParts, "stateVersionIn">): Promise<MadeBackup> {
  return makeBackup({ ...parts, stateVersionIn: (copy) => versionOf(recordIn(copy, VERSION_RECORD.table, VERSION_RECORD.key)) });
}

/** Brings a backup back, if this program knows data of its version. @throws BackupError */
export function restore(parts: Omit<RestoreParts, "stateVersion">): Promise<Restored> {
  return restoreBackup({ ...parts, stateVersion: STATE_VERSION });
}
