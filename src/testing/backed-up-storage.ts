import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { makeBackup } from "../drivers/backup/make-backup.ts";
import { openOperatorDoor } from "../drivers/backup/operator-door.ts";
import { restoreBackup } from "../drivers/backup/restore.ts";
import { FilesystemBlobStore } from "../drivers/filesystem/blob-store.ts";
import { openInstallation } from "../drivers/filesystem/installation.ts";
import { once } from "../drivers/sqlite/database.ts";
import { sqliteJournal } from "../drivers/sqlite/journal.ts";
import { sqliteLogStore } from "../drivers/sqlite/log-store.ts";
import type { Blobs } from "../ports/blob-store.ts";
import { digestOf } from "./blob-store-contract.ts";
import { testKeys } from "./blob-keys.ts";
import { loaded } from "./journal-contract.ts";

/** A log stream of such a storage. */
export const STREAM = { account: "123456789012", region: "us-east-1", group: "g", stream: "s" };

/** The storage of a server on a folder of its own, with its door for backups. Gone when the test is over. */
export async function storage(rootKey?: Uint8Array) {
  const parent = await mkdtemp(join(tmpdir(), "airfield-backup-"));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, "data");
  await openInstallation(folder, { accessKeyId: undefined, secretAccessKey: undefined, rootKey });
  const journal = await sqliteJournal(join(folder, "state.db"));
  const logs = sqliteLogStore(join(folder, "logs.db"));
  const store = await FilesystemBlobStore.open(join(folder, "registry"));
  const blobs = store.in(testKeys("ours"));
  const door = await openOperatorDoor({
    dataDirectory: folder,
    async holdStill() {
      const held = [await journal.holdStill(), logs.holdStill()];
      return { blobs: store.keepAll(), databases: once(() => held.forEach((one) => one[Symbol.dispose]())) };
    },
  });
  let serving = true;
  const stop = async (): Promise<void> => {
    if (!serving) return;
    serving = false;
    await door[Symbol.asyncDispose]();
    await Promise.all([journal.close(), logs.close()]);
  };
  onTestFinished(stop);
  let uploads = 0;
  const push = async (bytes: Buffer): Promise<string> => {
    const id = `upload-${(uploads += 1)}`;
    await blobs.startUpload(id);
    await blobs.append(id, 0, only(bytes));
    await blobs.commit(id, digestOf(bytes));
    return digestOf(bytes);
  };
  const backUp = (file = join(parent, "backup.tar")) =>
    makeBackup({ dataDirectory: folder, file, version: "0.0.1", stateVersionIn: () => 3, now: 0 });
  const restore = (dataDirectory = join(parent, "restored"), stateVersion = 3) =>
    restoreBackup({ file: join(parent, "backup.tar"), dataDirectory, stateVersion });
  return { parent, folder, journal, logs, store, push, stop, backUp, restore };
}

/** What lies in a restored folder. */
export async function found(folder: string) {
  const journal = await sqliteJournal(join(folder, "state.db"));
  const logs = sqliteLogStore(join(folder, "logs.db"));
  const records = new Map((await loaded(journal)).map(({ key, value }) => [key, value]));
  const events = logs.query({ ...STREAM, limit: 100_000 }).map(({ message }) => message);
  await Promise.all([journal.close(), logs.close()]);
  const blobs = (await FilesystemBlobStore.open(join(folder, "registry"))).in(testKeys("ours"));
  return { records, events, blobs };
}

/** The digest of what a blob really holds. */
export async function contentOf(blobs: Blobs, digest: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await blobs.read(digest)) chunks.push(chunk as Buffer);
  return digestOf(Buffer.concat(chunks));
}

async function* only(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
