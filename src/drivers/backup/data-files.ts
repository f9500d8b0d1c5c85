import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isLeftOut } from "./contents.ts";

/**
 * The files of a data folder that a backup takes as they are, by their paths in it, a folder after the other. A link at the top that leads to a folder is
 * followed, since data may lie on another disk. What is neither is told to `passedOver`.
 */
export async function* dataFiles(dataDirectory: string, passedOver: (path: string) => void, within = ""): AsyncIterable<string> {
  const entries = await readdir(join(dataDirectory, within), { withFileTypes: true });
  for (const entry of entries) {
    const path = within === "" ? entry.name : `${within}/${entry.name}`;
    if (isLeftOut(path)) continue;
    const leadsToFolder = within === "" && entry.isSymbolicLink() && (await stat(join(dataDirectory, path))).isDirectory();
    if (entry.isDirectory() || leadsToFolder) yield* dataFiles(dataDirectory, passedOver, path);
    else if (entry.isFile()) yield path;
    else passedOver(path);
  }
}
