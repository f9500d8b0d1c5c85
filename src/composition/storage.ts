import { join } from "node:path";
import { errorTrace } from "../domain/error-text.ts";
import { newBackupFile } from "../drivers/filesystem/backup-file.ts";
import type { HeldStill } from "../drivers/backup/operator-door.ts";
import { refuseHalfRestored } from "../drivers/backup/under-way.ts";
import { openInstallation, type Installation } from "../drivers/filesystem/installation.ts";
import { sealPlainBlobs } from "../drivers/filesystem/plain-blobs.ts";
import { openTroubles, type Troubles } from "../drivers/filesystem/troubles.ts";
import { operatorRootKey } from "../drivers/filesystem/root-key.ts";
import { once } from "../drivers/sqlite/database.ts";
import { sqliteJournal, type SqliteJournal } from "../drivers/sqlite/journal.ts";
import { sqliteLogStore } from "../drivers/sqlite/log-store.ts";
import { systemClock as clock } from "../drivers/system/clock.ts";
import { systemIds as ids } from "../drivers/system/ids.ts";
import { secretBox } from "../drivers/system/secret-box.ts";
import { openVulnerabilityData } from "../drivers/vulnerability-data/vulnerability-data.ts";
import { vulnerabilityFolder } from "../drivers/vulnerability-data/database.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { LogStore } from "../ports/log-store.ts";
import type { SecretBox } from "../ports/secret-box.ts";
import type { VulnerabilityData } from "../ports/vulnerability-data.ts";
import { homesOf, settleOldRepositories } from "../registry/upgrade.ts";
import { openState } from "../state/open-state.ts";
import type { WholeState } from "../state/state.ts";
import { openAuditLogs, type AuditLogs } from "./audit-logs.ts";
import { openBlobs, type KeepingBlobs } from "./blobs.ts";
import { fullDisk } from "./full-disk.ts";
import type { Start } from "./options.ts";

/** What the data folder holds. */
export interface Storage {
  readonly installation: Installation;
  readonly state: WholeState;
  /** What the operator should know, and `airfield status` tells. */
  readonly troubles: Troubles;
  readonly logs: LogStore;
  readonly audit: AuditLogs;
  readonly secrets: SecretBox;
  readonly vulnerabilities: VulnerabilityData;
  readonly blobs: BlobStore;
  /** For a backup. @throws NoRoomError */
  readonly holdStill: () => Promise<HeldStill>;
}

/**
 * Opens the data folder, and brings what lies there from earlier versions to today's form.
 * @throws RootKeyError, DatabaseInUseError
 */
export async function openStorage(start: Start): Promise<Storage> {
  const { options, logger, opened } = start;
  const { dataDirectory } = options;
  refuseHalfRestored(dataDirectory);
  const installation = await openInstallation(
    dataDirectory,
    {
      accessKeyId: process.env["AIRFIELD_ROOT_ACCESS_KEY_ID"],
      secretAccessKey: process.env["AIRFIELD_ROOT_SECRET_ACCESS_KEY"],
      rootKey: await operatorRootKey(process.env),
    },
    (file, mode) => logger.warn(EXPOSED, { file, mode: mode.toString(8) }),
  );
  // Processes that are started from here, such as the proxy, need not have it.
  delete process.env["AIRFIELD_ROOT_KEY"];

  // Memory that is ahead of the disk must not answer anybody: better no control plane than one that forgets.
  const { journal, troubles } = await openJournal(start);
  const state = await openState(journal, {
    backup: async (version) => {
      const file = await newBackupFile(dataDirectory, version, clock.now());
      await journal.copyTo(file);
      logger.warn("the data is of an earlier version; a copy of the state was kept", { version, file });
    },
    watcherFailed: (cause, at) => logger.error("a watcher failed; what it is for may lag behind", { ...at, cause: errorTrace(cause) }),
    migrated: (step) => logger.warn("the state was brought to a later version", step),
    failed: (cause) => {
      logger.error("the journal failed; ending before anything else is promised", { cause: String(cause) });
      process.exit(70);
    },
  });
  const logs = sqliteLogStore(join(dataDirectory, "logs.db"));
  opened.defer(() => logs.close());
  const audit = openAuditLogs(start);
  const secrets = secretBox(installation.rootKey);
  const vulnerabilities = opened.use(openVulnerabilityData(vulnerabilityFolder(dataDirectory), logger));
  const blobs = await openBlobs(start, installation.id);
  settleOldRepositories({ state, secrets, clock, ids });
  await state.durable();
  const damaged = (digest: string): void => logger.warn("a blob of an earlier version is damaged and is left aside", { digest });
  await sealPlainBlobs(join(dataDirectory, "registry"), (digest) => homesOf({ state, secrets, clock, blobs }, digest), damaged);
  const holdStill = async (): Promise<HeldStill> => {
    await audit.all.flush();
    return stillOf(blobs, [journal, logs]);
  };
  return { installation, state, troubles, logs, audit, secrets, vulnerabilities, blobs, holdStill };
}

/** Blobs first: none goes that the state, of whatever moment after this, names. */
async function stillOf(blobs: KeepingBlobs, databases: readonly { holdStill(): Disposable | Promise<Disposable> }[]): Promise<HeldStill> {
  const kept = blobs.keepAll?.();
  const held: Disposable[] = [];
  const release = once(() => held.forEach((one) => one[Symbol.dispose]()));
  try {
    for (const database of databases) held.push(await database.holdStill());
  } catch (cause) {
    release[Symbol.dispose]();
    kept?.[Symbol.dispose]();
    throw cause;
  }
  return { databases: release, blobs: once(() => kept?.[Symbol.dispose]()) };
}

/** The journal, and with its lock the right to say what the troubles of the folder are. */
async function openJournal(start: Start): Promise<{ readonly journal: SqliteJournal; readonly troubles: Troubles }> {
  const { dataDirectory } = start.options;
  const told: { room?: ReturnType<typeof fullDisk> } = {};
  const journal = await sqliteJournal(join(dataDirectory, "state.db"), { clock, roomChanged: (...change) => told.room?.(...change) });
  start.opened.defer(() => journal.close());
  const troubles = openTroubles(dataDirectory, () => clock.now());
  told.room = fullDisk(start, troubles);
  if (!journal.hasRoom()) told.room(false, "found so at the start");
  return { journal, troubles };
}

const EXPOSED = "a file of keys could be read by other users of this machine until now; if there are any, its keys should be replaced";
