import { resolve } from "node:path";
import { megabytes, notesOn } from "./backup.ts";
import { dataSetting } from "./settings.ts";

/** `airfield restore <file>`: a data folder out of a backup. */
export async function restoreCommand(file: string, flags: { readonly data?: string }): Promise<void> {
  const { restore } = await import("../composition/backup.ts");
  process.umask(0o077);
  const dataDirectory = dataSetting(flags.data);
  const { head, files, bytes } = await restore({ file: resolve(file), dataDirectory });
  console.log(
    `${dataDirectory}: ${files} files, ${megabytes(bytes)}, as of ${head.madeAt} (Airfield ${head.version}, data of version ${head.stateVersion})`,
  );
  for (const note of notesOn(head)) console.log(note.replaceAll("in it", "in the backup"));
  console.log(`It is the installation ${head.installation} again: start it in place of the one that the backup is of, never beside it.`);
}
