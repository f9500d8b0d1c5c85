import type { ImageManifest } from "../domain/image-manifest.ts";
import { findTagged, isImmutable, putImage, refuseImage } from "./ecr-images.ts";
import { upstreamTags } from "./ecr-pull-through.ts";
import { imageKey, images, layers, repositories, type ImageRecord, type RepositoryRecord } from "./ecr.ts";
import type { State } from "./state.ts";
import { accountOfKey, defineTable } from "./table.ts";

/**
 * An image on its way here through a pull-through cache: its manifest is here already and is served, its blobs come one by one, as
 * clients ask for them or in the background. With the last one it becomes an image like one that was pushed.
 */
export interface ImportRecord {
  /** Its `repositoryKey`. */
  readonly repository: string;
  readonly digest: string;
  /** With the manifest's own media type. */
  readonly manifest: ImageManifest;
  readonly manifestSize: number;
  /** The tags under which it was asked for. */
  readonly tags: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
}

export const imports = defineTable<ImportRecord>()(
  "ecr.imports",
  ({ repository, digest }) => imageKey(repository, digest),
  ({ repository }) => accountOfKey(repository),
  {
    repository: ({ repository }) => repository,
    tag: ({ repository, tags }) => tags.map((tag) => `${repository}:${tag}`),
    blob: ({ repository, manifest }) => manifest.blobs.map(({ digest }) => imageKey(repository, digest)),
  },
);

/** An image on its way, as the image that it will be, so that it can be served meanwhile. */
export function findImporting(state: State, repository: string, reference: string): ImageRecord | undefined {
  const table = state.table(imports);
  const found = reference.includes(":") ? table.get(imageKey(repository, reference)) : table.by("tag", `${repository}:${reference}`)[0];
  if (!found) return undefined;
  const { digest, manifest, manifestSize, tags, startedAt } = found;
  const { kind, mediaType, size } = manifest;
  return {
    ...{ repository, digest, kind, mediaType, manifestSize, size, tags },
    blobs: manifest.blobs.map((blob) => blob.digest),
    manifests: [],
    pushedAt: startedAt,
  };
}

/** The size that manifests on their way tell of a blob; `undefined` where none has it. */
export function awaitedBlob(state: State, repository: string, digest: string): { readonly size: number } | undefined {
  const [found] = state.table(imports).by("blob", imageKey(repository, digest));
  return found?.manifest.blobs.find((blob) => blob.digest === digest);
}

/** The blobs of an import that are not here yet. */
export function missingBlobs(
  state: State,
  { repository, manifest }: ImportRecord,
): readonly { readonly digest: string; readonly size: number }[] {
  return manifest.blobs.filter(({ digest }) => !state.table(layers).has(imageKey(repository, digest)));
}

/**
 * Begins an import, or gives one that is under way another tag; the image is there at once where nothing is missing. The caller has made the
 * manifest durable.
 */
export function beginImport(state: State, record: ImportRecord): void {
  const table = state.table(imports);
  state.commit(() => {
    for (const tag of record.tags) {
      for (const other of table.by("tag", `${record.repository}:${tag}`))
        if (other.digest !== record.digest) table.put({ ...other, tags: other.tags.filter((name) => name !== tag) });
      noteUpstreamTag(state, record.repository, tag, record.digest, record.startedAt);
    }
    const known = table.get(imageKey(record.repository, record.digest));
    table.put({ ...record, ...(known && { startedAt: known.startedAt }), tags: [...new Set([...(known?.tags ?? []), ...record.tags])] });
    completeImport(state, record.repository, record.digest, record.startedAt);
  });
}

export function noteUpstreamTag(state: State, repository: string, tag: string, digest: string, checkedAt: number): void {
  state.note(() => void state.table(upstreamTags).put({ repository, tag, digest, checkedAt }));
}

/** Makes an image of an import whose blobs are all here; true where it did. A tag that is immutable meanwhile stays where it is. */
export function completeImport(state: State, repository: string, digest: string, now: number): boolean {
  const table = state.table(imports);
  const record = table.get(imageKey(repository, digest));
  const target = state.table(repositories).get(repository);
  if (!record || !target || missingBlobs(state, record).length > 0) return false;
  return state.commit(() => {
    const { manifest, manifestSize } = record;
    const moreTags = record.tags.filter((tag) => mayTake(state, target, repository, tag, digest));
    const image = { digest, manifest, manifestSize, moreTags };
    if (refuseImage(state, target, image)?.kind === "layers-missing") return false;
    putImage(state, target, { ...image, now });
    table.delete(imageKey(repository, digest));
    resizeIndexes(state, repository, digest);
    return true;
  });
}

/** Whether a tag may move to another image in its repository. */
export function mayTake(state: State, repository: RepositoryRecord, key: string, tag: string, digest: string): boolean {
  const tagged = findTagged(state, key, tag);
  return !tagged || tagged.digest === digest || !isImmutable(repository, tag);
}

/** An index comes before the images that it lists, and is as large as the largest of them. */
function resizeIndexes(state: State, repository: string, digest: string): void {
  const table = state.table(images);
  const size = table.get(imageKey(repository, digest))?.size ?? 0;
  for (const index of table.by("listed", imageKey(repository, digest))) if (index.size < size) table.put({ ...index, size });
}

/** Gives an import up: what came of it goes with the next collection. */
export function dropImport(state: State, repository: string, digest: string): void {
  state.commit(() => void state.table(imports).delete(imageKey(repository, digest)));
}
