import type { Blobs } from "../../ports/blob-store.ts";
import { layerEntries, type LayerEntry } from "./layer-entries.ts";
import type { ReadingBudget } from "./reading-budget.ts";

/** What was made of a file, and where it came from. */
export interface KeptFile<T> {
  readonly path: string;
  /** Digest of the layer. */
  readonly layer: string;
  readonly content: T;
}

/** Which files matter, and what is kept of them. */
export interface FileReader<T> {
  /** The most bytes that such a file has; `undefined` for files that do not matter. Larger ones are no such files and are left out. */
  limit(path: string): number | undefined;
  /** What is kept; `undefined` where the file turns out not to matter. */
  read(path: string, text: string): T | undefined;
}

/**
 * The files that matter, as a container of the image would see them: upper layers hide and remove what lower ones have. Source: OCI image
 * specification, "Layer Filesystem Changeset": `.wh.<name>` removes, `.wh..wh..opq` empties a directory of what lower layers put into it, and what
 * is no directory takes the place of a directory with all that is in it.
 */
export async function imageFiles<T>(
  blobs: Blobs,
  layers: readonly string[],
  reader: FileReader<T>,
  budget: ReadingBudget,
): Promise<readonly KeptFile<T>[]> {
  const files = new Map<string, KeptFile<T>>();
  for (const layer of layers) {
    const { kept, removed } = await readLayer(blobs, layer, reader, budget, files);
    for (const path of removed) removeBelow(files, path);
    for (const [path, content] of kept) files.set(path, { path, layer, content });
  }
  return [...files.values()];
}

interface LayerReading<T> {
  readonly kept: ReadonlyMap<string, T>;
  /** Paths of lower layers that are gone: the path itself (`app`), or only what is in it (`app/`). */
  readonly removed: readonly string[];
}

async function readLayer<T>(
  blobs: Blobs,
  layer: string,
  reader: FileReader<T>,
  budget: ReadingBudget,
  below: ReadonlyMap<string, unknown>,
): Promise<LayerReading<T>> {
  const kept = new Map<string, T>();
  const removed: string[] = [];
  const links = new Map<string, string>();
  const folders = foldersOf(below.keys());
  for await (const entry of layerEntries(blobs, layer, budget)) {
    const whiteout = whiteoutOf(entry.path);
    if (whiteout !== undefined) {
      removed.push(whiteout);
      continue;
    }
    if (entry.kind !== "directory" && (below.has(entry.path) || folders.has(entry.path))) removed.push(entry.path);
    // A path that stands in a layer twice is what it is the last time.
    kept.delete(entry.path);
    links.delete(entry.path);
    if (entry.kind === "hard-link" && reader.limit(entry.path) !== undefined) links.set(entry.path, entry.target ?? "");
    else await keep(entry, entry.path, reader, kept);
  }
  if (links.size > 0) await followLinks(blobs, layer, reader, budget, links, kept);
  return { kept, removed };
}

async function keep<T>(entry: LayerEntry, path: string, reader: FileReader<T>, kept: Map<string, T>): Promise<void> {
  const limit = entry.kind === "file" ? reader.limit(path) : undefined;
  if (limit === undefined || entry.size > limit) return;
  const content = reader.read(path, await entry.text());
  if (content !== undefined) kept.set(path, content);
}

/** Other names of files that did not matter under their first name, as package managers with a store make them: the layer is read again. */
async function followLinks<T>(
  blobs: Blobs,
  layer: string,
  reader: FileReader<T>,
  budget: ReadingBudget,
  links: ReadonlyMap<string, string>,
  kept: Map<string, T>,
): Promise<void> {
  const namesOf = new Map<string, string[]>();
  for (const [path, target] of links) namesOf.set(target, [...(namesOf.get(target) ?? []), path]);
  for await (const entry of layerEntries(blobs, layer, budget)) {
    const names = entry.kind === "file" ? namesOf.get(entry.path) : undefined;
    const limit = Math.max(...(names ?? []).map((path) => reader.limit(path) ?? 0));
    if (!names || entry.size > limit) continue;
    const text = await entry.text();
    for (const path of names) {
      const content = reader.read(path, text);
      if (content !== undefined) kept.set(path, content);
    }
  }
}

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";

function whiteoutOf(path: string): string | undefined {
  const at = path.lastIndexOf("/") + 1;
  const [folder, name] = [path.slice(0, at), path.slice(at)];
  if (name === OPAQUE) return folder === "" ? "/" : folder;
  return name.startsWith(WHITEOUT) ? `${folder}${name.slice(WHITEOUT.length)}` : undefined;
}

function removeBelow(files: Map<string, unknown>, removed: string): void {
  if (removed === "/") return files.clear();
  const folder = removed.endsWith("/") ? removed : `${removed}/`;
  files.delete(removed);
  for (const path of [...files.keys()]) if (path.startsWith(folder)) files.delete(path);
}

/** All directories that the paths lie in. */
function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths)
    for (let end = path.lastIndexOf("/"); end > 0 && !folders.has(path.slice(0, end)); end = path.lastIndexOf("/", end - 1))
      folders.add(path.slice(0, end));
  return folders;
}
