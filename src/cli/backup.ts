import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "../drivers/system/clock.ts";
import { registryStoreSetting } from "./registry-store-setting.ts";
import { dataSetting, PROGRAM_FOLDER } from "./settings.ts";

/** `airfield backup <file|folder>`: all that a data folder holds, in one file. A server that runs goes on. */
export async function backup(target: string, flags: { readonly data?: string }): Promise<void> {
  const now = systemClock.now();
  const store = registryStoreSetting();
  const { backUp } = await import("../composition/backup.ts");
  // What is written from here on is for this user alone: keys are in it.
  process.umask(0o077);
  const file = fileIn(resolve(target), now);
  const { version } = JSON.parse(readFileSync(join(PROGRAM_FOLDER, "package.json"), "utf8")) as { readonly version: string };
  const { head, files, bytes, passedOver } = await backUp({
    dataDirectory: dataSetting(flags.data),
    file,
    version,
    now,
    registryStore: store && `s3://${store.bucket}/${store.prefix}`,
  });
  console.log(`${file}: ${files} files, ${megabytes(bytes)}, data of version ${head.stateVersion}, as of ${head.madeAt}`);
  for (const note of notesOn(head)) console.log(note);
  if (passedOver.length > 0) console.log(`Neither files nor folders, and left out: ${passedOver.join(", ")}`);
}

/** What an operator must know of a backup beside the file. */
export function notesOn({ rootKey, registry }: { readonly rootKey: string; readonly registry: string }): readonly string[] {
  const key =
    rootKey === "contained"
      ? "It holds the keys of the installation: keep it as you keep them."
      : "The root key is not in it: without AIRFIELD_ROOT_KEY or AIRFIELD_ROOT_KEY_FILE as the server has it, nobody can use it.";
  return registry === "contained"
    ? [key]
    : [key, `The registry's bytes are not in it: they are in ${registry}, which has to be backed up by itself.`];
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function fileIn(target: string, now: number): string {
  if (!existsSync(target) || !statSync(target).isDirectory()) return target;
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  return join(target, `airfield-backup-${time}.tar`);
}
