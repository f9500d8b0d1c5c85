import type { ImageManifest } from "../domain/image-manifest.ts";
import { globMatches, parseStars } from "../domain/wildcard.ts";
import { imageKey, images, layers, repositories, repositoryKey, type ImageRecord, type LayerRecord, type RepositoryRecord } from "./ecr.ts";
import { activated } from "./ecr-archive.ts";
import { deleteLifecycle } from "./ecr-lifecycle.ts";
import { queueReplication } from "./ecr-replication.ts";
import type { State } from "./state.ts";

/** How images come and go: the one set of rules behind both `docker push` and the ECR operations. */

/** A manifest that is to become an image. Its bytes are in the blob store already. */
export interface NewImage {
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly manifestSize: number;
  readonly tag?: string;
  /** Further tags, all of which move to it in the same step. */
  readonly moreTags?: readonly string[];
  /** Whether it came by replication, and so does not go on to other registries. */
  readonly replicated?: boolean;
  readonly now: number;
}

export type ImageRefusal =
  | { readonly kind: "layers-missing"; readonly digests: readonly string[] }
  | { readonly kind: "images-missing"; readonly digests: readonly string[] }
  | { readonly kind: "tag-immutable"; readonly tag: string };

/** Why a manifest cannot become an image; `undefined` where it can. */
export function refuseImage(
  state: State,
  repository: RepositoryRecord,
  image: Omit<NewImage, "now" | "manifestSize">,
): ImageRefusal | undefined {
  const key = repositoryKey(repository, repository.name);
  const layersHere = state.table(layers);
  const missingLayers = distinct(image.manifest.blobs.map(({ digest }) => digest)).filter(
    (digest) => !layersHere.has(imageKey(key, digest)),
  );
  if (missingLayers.length > 0) return { kind: "layers-missing", digests: missingLayers };
  const here = state.table(images);
  const missingImages = distinct(image.manifest.manifests.map(({ digest }) => digest)).filter((digest) => !here.has(imageKey(key, digest)));
  if (missingImages.length > 0) return { kind: "images-missing", digests: missingImages };
  // A tag that is on this very image already is not overwritten: a push may be repeated.
  const isOther = (tagged: ImageRecord | undefined): boolean => tagged !== undefined && tagged.digest !== image.digest;
  const taken = tagsOf(image).find((tag) => isImmutable(repository, tag) && isOther(findTagged(state, key, tag)));
  return taken === undefined ? undefined : { kind: "tag-immutable", tag: taken };
}

function tagsOf({ tag, moreTags = [] }: Pick<NewImage, "tag" | "moreTags">): readonly string[] {
  return distinct([...(tag === undefined ? [] : [tag]), ...moreTags]);
}

/** Stores an image and moves its tags to it. The caller has asked `refuseImage` in the same step. */
export function putImage(state: State, repository: RepositoryRecord, image: NewImage): ImageRecord {
  const key = repositoryKey(repository, repository.name);
  const { digest, manifest, now } = image;
  const added = tagsOf(image);
  return state.commit(() => {
    if (image.replicated !== true) queueReplication(state, repository, { repository: key, digest }, added, now);
    const table = state.table(images);
    const known = table.get(imageKey(key, digest));
    for (const tag of added) {
      const tagged = findTagged(state, key, tag);
      if (tagged && tagged.digest !== digest) table.put({ ...tagged, tags: tagged.tags.filter((other) => other !== tag) });
    }
    const tags = distinct([...(known?.tags ?? []), ...added]);
    // Who pushes an archived image has it back at once. Source: Amazon ECR User Guide, "Restoring an image".
    if (known) return table.put({ ...(known.status === undefined ? known : activated(known, now)), tags });
    const { kind, mediaType, artifactType, subject, annotations } = manifest;
    return table.put({
      repository: key,
      digest,
      kind,
      mediaType,
      manifestSize: image.manifestSize,
      size:
        kind === "image"
          ? manifest.size
          : Math.max(0, ...manifest.manifests.map((listed) => table.get(imageKey(key, listed.digest))?.size ?? 0)),
      ...(artifactType !== undefined && { artifactType }),
      blobs: distinct(manifest.blobs.map((blob) => blob.digest)),
      manifests: manifest.manifests.map((listed) => ({ digest: listed.digest, ...listed.platform })),
      ...(subject !== undefined && { subject }),
      ...(subject !== undefined && annotations && { annotations }),
      tags,
      pushedAt: now,
    });
  });
}

export function findTagged(state: State, repository: string, tag: string): ImageRecord | undefined {
  return state.table(images).by("tag", `${repository}:${tag}`)[0];
}

/** The image that a tag or a digest means. */
export function findImage(state: State, repository: string, reference: string): ImageRecord | undefined {
  return reference.includes(":") ? state.table(images).get(imageKey(repository, reference)) : findTagged(state, repository, reference);
}

/** The digests of the indexes that list an image, which keep it from being deleted. */
export function listedBy(state: State, image: ImageRecord): readonly string[] {
  return state
    .table(images)
    .by("listed", imageKey(image.repository, image.digest))
    .map(({ digest }) => digest);
}

/** Takes a tag away; an image that loses its last one is deleted, as on ECR. */
export function removeTag(state: State, image: ImageRecord, tag: string): void {
  const tags = image.tags.filter((other) => other !== tag);
  state.commit(() => {
    if (tags.length > 0) state.table(images).put({ ...image, tags });
    else state.table(images).delete(imageKey(image.repository, image.digest));
  });
}

/** Takes a tag away and keeps the image, without a tag where it was the last: so does the distribution API. */
export function untagImage(state: State, image: ImageRecord, tag: string): void {
  state.commit(() => void state.table(images).put({ ...image, tags: image.tags.filter((other) => other !== tag) }));
}

export function deleteImage(state: State, image: ImageRecord): void {
  state.commit(() => void state.table(images).delete(imageKey(image.repository, image.digest)));
}

/** Deletes a repository with its images. Their blobs are left to the collector. */
export function deleteRepository(state: State, repository: RepositoryRecord): void {
  const key = repositoryKey(repository, repository.name);
  state.commit(() => {
    for (const image of state.table(images).by("repository", key)) state.table(images).delete(imageKey(key, image.digest));
    for (const layer of state.table(layers).by("repository", key)) state.table(layers).delete(imageKey(key, layer.digest));
    deleteLifecycle(state, key);
    state.table(repositories).delete(key);
  });
}

/** Notes that a repository has a blob. */
export function linkLayer(state: State, layer: LayerRecord): void {
  state.commit(() => void state.table(layers).put(layer));
}

const HOUR = 3_600_000;

/** Notes that a push counts on a blob that is here already, so that the collector leaves it alone. Seldom writes. */
export function touchLayer(state: State, layer: LayerRecord, now: number): void {
  if (now - layer.usedAt < HOUR) return;
  state.commit(() => void state.table(layers).update(imageKey(layer.repository, layer.digest), (current) => ({ ...current, usedAt: now })));
}

/** Source: Amazon ECR User Guide, "Preventing image tags from being overwritten": filters turn the setting round for the tags they match. */
export function isImmutable({ tagMutability, tagMutabilityExclusions }: RepositoryRecord, tag: string): boolean {
  const excluded = tagMutabilityExclusions.some(({ filter = "" }) => globMatches(parseStars(filter), tag));
  switch (tagMutability) {
    case "IMMUTABLE":
      return true;
    case "IMMUTABLE_WITH_EXCLUSION":
      return !excluded;
    case "MUTABLE_WITH_EXCLUSION":
      return excluded;
    case "MUTABLE":
      return false;
  }
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
