import { openDataFolder } from "../drivers/filesystem/own-folder.ts";
import { DatabaseInUseError } from "../drivers/sqlite/database.ts";
import { systemClock } from "../drivers/system/clock.ts";
import { vulnerabilityFolder } from "../drivers/vulnerability-data/database.ts";
import { ImportError, importVulnerabilityData } from "../drivers/vulnerability-data/import.ts";
import { vulnerabilityDataStatus } from "../drivers/vulnerability-data/vulnerability-data.ts";
import { CliError } from "./cli-error.ts";
import { dataSetting } from "./settings.ts";

export interface VulndbFlags {
  readonly data?: string;
  readonly json?: boolean;
}

/** `airfield vulndb import <all.zip…>`: takes OSV's records, all or none. A server that runs takes them up at once. */
export async function importCommand(files: readonly string[], flags: VulndbFlags): Promise<void> {
  const dataDirectory = dataSetting(flags.data);
  await openDataFolder(dataDirectory);
  const folder = vulnerabilityFolder(dataDirectory);
  const progress = progressLine();
  try {
    const imported = await importVulnerabilityData({
      folder,
      files,
      now: systemClock.now(),
      progress: (...step) => progress.show(...step),
    });
    progress.end();
    for (const { name, records } of imported) console.log(`${name}: ${records} records`);
  } catch (cause) {
    progress.end();
    if (cause instanceof ImportError)
      throw new CliError(`nothing was imported: ${cause.message}`, "What was known before is still there.", { cause });
    if (cause instanceof DatabaseInUseError) throw new CliError("another import is under way", "Wait until it has ended.", { cause });
    throw cause;
  }
}

/** `airfield vulndb status`: what is known, and how old it is. */
export function statusCommand(flags: VulndbFlags): void {
  const status = vulnerabilityDataStatus(vulnerabilityFolder(dataSetting(flags.data)));
  if (flags.json) {
    const shown = (status?.ecosystems ?? []).map(({ name, records, importedAt, updatedAt }) => ({
      ecosystem: name,
      records,
      importedAt: new Date(importedAt).toISOString(),
      updatedAt: new Date(updatedAt).toISOString(),
    }));
    console.log(JSON.stringify(shown, undefined, 2));
    return;
  }
  if (!status) {
    console.log("No vulnerability data has been imported: scans of images fail until it has.");
    console.log("Get the all.zip files of the ecosystems that your images use from OSV, and run: airfield vulndb import <all.zip…>");
    return;
  }
  for (const { name, records, importedAt, updatedAt } of status.ecosystems)
    console.log(`${name}: ${records} records, the newest of ${day(updatedAt)}, imported ${day(importedAt)}`);
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** How far an import is: one line that is written over on a terminal, and a line for each file elsewhere. */
function progressLine() {
  let last = "";
  let shownAt = 0;
  const { stderr } = process;
  return {
    show(file: string, done: number, entries: number): void {
      if (!stderr.isTTY) {
        if (done === entries) console.error(`${file}: ${entries} records read`);
        return;
      }
      const now = systemClock.now();
      if (now - shownAt < 100 && done < entries) return;
      shownAt = now;
      last = `${file}: ${done} of ${entries} records`;
      stderr.write(`\r${last}\u001b[K`);
    },
    end(): void {
      if (last !== "") stderr.write("\n");
      last = "";
    },
  };
}
