import { readManifest } from "../domain/image-manifest.ts";
import type { Blobs } from "../ports/blob-store.ts";
import type { Ids } from "../ports/ids.ts";
import { blobDomain, blobsOf, type BlobParts } from "./ecr-encryption.ts";
import { linkLayer, putImage, refuseImage } from "./ecr-images.ts";
import { readManifestText, storeManifest } from "./ecr-manifests.ts";
import { imageKey, images, layers, repositories, type RepositoryRecord } from "./ecr.ts";

/** Copies images between repositories here, whosever they are: the one way behind replication and caches of one's own registries. */

/** Why an image was not copied: the name of an exception of ECR. */
export interface CopyFailure {
  readonly failureCode: "ImageNotFoundException" | "ImageTagAlreadyExistsException" | "KmsException" | "RepositoryNotFoundException";
  /** Of an index: what went wrong with the images that it lists. */
  readonly listed?: readonly string[];
}

export interface ImageCopy {
  /** The `repositoryKey` of both ends. */
  readonly from: string;
  readonly to: string;
  readonly digest: string;
  /** To be on the copy, as far as they are on the image still when it arrives. */
  readonly tags: readonly string[];
  /** Whether the copy counts as a push over there, which is then replicated in its turn. */
  readonly pushed: boolean;
}

/** `stopping` ends a copy between two pieces of it: then it throws the signal's reason, and what it has brought over so far is left for the next time. */
export type CopyParts = BlobParts & { readonly ids: Ids; readonly stopping?: AbortSignal };

class KeyRefused extends Error {}

/**
 * Copies an image with all that it is made of, and the images that an index lists before the index. Bytes are read and written only where
 * the two repositories lie under different keys. May be repeated: what is there is left alone.
 */
export async function copyImage(parts: CopyParts, copy: ImageCopy): Promise<CopyFailure | undefined> {
  try {
    return await copyWhole(parts, copy);
  } catch (cause) {
    if (cause instanceof KeyRefused) return { failureCode: "KmsException" };
    throw cause;
  }
}

async function copyWhole(parts: CopyParts, copy: ImageCopy): Promise<CopyFailure | undefined> {
  const { state } = parts;
  const image = state.table(images).get(imageKey(copy.from, copy.digest));
  const ends = endsOf(parts, copy);
  if (!image || !ends) return { failureCode: image ? "RepositoryNotFoundException" : "ImageNotFoundException" };
  const listed: string[] = [];
  for (const { digest } of image.manifests) {
    if (!state.table(images).has(imageKey(copy.from, digest))) continue;
    const failure = await copyWhole(parts, { ...copy, digest, tags: [] });
    if (failure) listed.push(failure.failureCode);
  }
  if (listed[0] !== undefined) return { failureCode: listed[0] as CopyFailure["failureCode"], listed: [...new Set(listed)] };
  for (const digest of image.blobs) {
    parts.stopping?.throwIfAborted();
    await copyBlob(parts, ends, copy, digest);
  }
  const text = await readManifestText(ends.source, copy.digest);
  parts.stopping?.throwIfAborted();
  if (ends.source.domain !== ends.target.domain) await storeManifest({ blobs: ends.target, ids: parts.ids }, text, copy.digest);
  return arrive(parts, copy, ends, text);
}

interface Ends {
  readonly source: Blobs;
  readonly target: Blobs;
}

function endsOf(parts: CopyParts, { from, to }: ImageCopy): Ends | undefined {
  const [source, target] = [from, to].map((key) => parts.state.table(repositories).get(key));
  if (!source || !target) return undefined;
  const refuse = (): Error => new KeyRefused();
  return { source: blobsOf(parts, source, refuse), target: blobsOf(parts, target, refuse) };
}

async function copyBlob(
  { state, ids, clock, stopping }: CopyParts,
  { source, target }: Ends,
  { from, to }: ImageCopy,
  digest: string,
): Promise<void> {
  const layer = state.table(layers).get(imageKey(from, digest));
  // The last step tells that it is missing.
  if (!layer) return;
  const linked = { repository: to, digest, size: layer.size, usedAt: clock.now() };
  // Looked at and linked in one step: the collector cannot come between.
  if (source.domain === target.domain || state.table(layers).has(imageKey(to, digest))) return linkLayer(state, linked);
  const id = `copy-${ids.hex(32)}`;
  await target.startUpload(id);
  try {
    await target.append(id, 0, until(stopping, await source.read(digest)));
    await target.commit(id, digest);
  } catch (cause) {
    await target.abort(id);
    throw cause;
  }
  linkLayer(state, linked);
}

async function* until(stopping: AbortSignal | undefined, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    stopping?.throwIfAborted();
    yield piece;
  }
}

/** The last step: all that was looked at before is looked at again, and the image is there at once. */
function arrive({ state, clock }: CopyParts, copy: ImageCopy, { source, target }: Ends, text: Buffer): CopyFailure | undefined {
  const image = state.table(images).get(imageKey(copy.from, copy.digest));
  const [origin, repository] = [copy.from, copy.to].map((key) => state.table(repositories).get(key));
  if (!image) return { failureCode: "ImageNotFoundException" };
  if (!isStill(origin, source) || !isStill(repository, target)) return { failureCode: "RepositoryNotFoundException" };
  const reading = readManifest(text.toString(), image.mediaType);
  if (!("manifest" in reading)) throw new Error(`the manifest ${image.digest} cannot be read any more`);
  const moreTags = copy.tags.filter((tag) => image.tags.includes(tag));
  const arriving = { digest: image.digest, manifest: reading.manifest, manifestSize: image.manifestSize, moreTags };
  const refusal = refuseImage(state, repository, arriving);
  if (refusal?.kind === "tag-immutable") return { failureCode: "ImageTagAlreadyExistsException" };
  if (refusal?.kind === "layers-missing") throw new Error(`layers of ${image.digest} were deleted while it was copied`);
  putImage(state, repository, { ...arriving, now: clock.now(), ...(copy.pushed ? {} : { replicated: true }) });
  return undefined;
}

/** Whether a repository is the one whose blobs these are: it may have been made anew, with another key. */
function isStill(repository: RepositoryRecord | undefined, { domain }: Blobs): repository is RepositoryRecord {
  return repository !== undefined && blobDomain(repository) === domain;
}
