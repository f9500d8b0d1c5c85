import { constants } from "node:fs";
import { access, mkdtemp, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { syncFolder } from "../filesystem/durable-folders.ts";
import { readPrivate } from "../filesystem/private-file.ts";
import { isFull } from "../sqlite/database.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { BackupError, LEFT_OUT, LOG_DATABASE, STATE_DATABASE, type BackupHead } from "./contents.ts";
import { settleCopy } from "./copied-database.ts";
import { dataFiles } from "./data-files.ts";
import { holdStill } from "./still-folder.ts";

export interface BackupParts {
  readonly dataDirectory: string;
  /** Where it is to be. Nothing may be there. */
  readonly file: string;
  /** Of Airfield. */
  readonly version: string;
  /** Reads it in a copy of the state's database. */
  readonly stateVersionIn: (copy: string) => number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Where the registry's bytes are, as far as the caller knows; a server that runs knows better. */
  readonly registryStore?: `s3://${string}` | undefined;
}

export interface MadeBackup {
  readonly head: BackupHead;
  readonly files: number;
  readonly bytes: number;
  /** What is neither a file nor a folder, by its path in the data folder. */
  readonly passedOver: readonly string[];
}

/**
 * Makes a backup of a data folder, whether a server runs on it or not. It is made aside and gets its name when it is whole and on disk. What was acknowledged before
 * the call is in it, and of what the state names, everything.
 *
 * The order matters: first nothing is removed any more, then the databases are copied, then the blobs. A blob is in the store before the state names it.
 * @throws BackupError
 */
export async function makeBackup(parts: BackupParts): Promise<MadeBackup> {
  const { file } = parts;
  const dataDirectory = await realpath(parts.dataDirectory).catch(() => parts.dataDirectory);
  const installation = await readPrivate(join(dataDirectory, "installation-id"));
  if (installation === undefined)
    throw new BackupError(`Airfield has not been started on ${dataDirectory} yet`, "Name another folder with --data or AIRFIELD_DATA.");
  await refuseTarget(file, dataDirectory);
  const aside = await mkdtemp(join(dirname(file), `.${basename(file)}.`));
  try {
    await using still = await holdStill(dataDirectory);
    for (const name of [STATE_DATABASE, LOG_DATABASE]) await still.copyDatabase(name, join(aside, name));
    await still.databasesCopied();
    const hasRootKey = await isThere(join(dataDirectory, "root-key"));
    const registryStore = still.registryStore ?? parts.registryStore;
    for (const name of [STATE_DATABASE, LOG_DATABASE]) settleCopy(join(aside, name));
    const head: BackupHead = {
      format: 1,
      version: parts.version,
      stateVersion: parts.stateVersionIn(join(aside, STATE_DATABASE)),
      madeAt: new Date(parts.now).toISOString(),
      installation,
      rootKey: hasRootKey ? "contained" : "the operator's",
      registry: registryStore ?? "contained",
      leftOut: LEFT_OUT,
    };
    const passedOver: string[] = [];
    const made = await open(join(aside, "archive"), "wx", 0o600);
    let written: ArchiveWriter;
    try {
      written = new ArchiveWriter(made);
      await written.begin(head);
      for (const name of [STATE_DATABASE, LOG_DATABASE]) {
        await written.add(name, join(aside, name));
        await rm(join(aside, name));
      }
      for await (const path of dataFiles(dataDirectory, (odd) => passedOver.push(odd)))
        await addIfThere(written, path, join(dataDirectory, path));
      await written.end();
      await made.sync();
    } finally {
      await made.close();
    }
    // Had the server ended on the way, blobs might have gone before they were read.
    await still.allCopied();
    await rename(join(aside, "archive"), file);
    await syncFolder(dirname(file));
    return { head, files: written.files, bytes: written.bytes, passedOver };
  } catch (cause) {
    throw isFull(cause)
      ? new BackupError(
          `there is no room for the backup at ${file}`,
          "Name a file on a disk that has as much room as the data folder takes.",
          { cause },
        )
      : cause;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function refuseTarget(file: string, dataDirectory: string): Promise<void> {
  if (await isThere(file)) throw new BackupError(`${file} is there already`, "Name another file, or move that one away.");
  const folder = await realpath(dirname(file)).catch((cause: unknown) => {
    throw new BackupError(`${dirname(file)} is no folder`, "Make it first, or name another.", { cause });
  });
  if (folder === dataDirectory || folder.startsWith(dataDirectory + sep))
    throw new BackupError(`${file} lies in the data folder itself`, "Name a file elsewhere, best on another disk.");
}

/** Small files come and go, such as records of audit that are too old. Blobs do not, while the folder is held still. */
async function addIfThere(archive: ArchiveWriter, path: string, source: string): Promise<void> {
  if (!path.startsWith("registry/") && !(await isThere(source))) return;
  await archive.add(path, source);
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}
