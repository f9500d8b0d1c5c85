import type { Readable } from "node:stream";
import { BlobDigestError } from "../../ports/blob-store.ts";
import { blobDomain, blobsOf } from "../../state/ecr-encryption.ts";
import { linkLayer } from "../../state/ecr-images.ts";
import { completeImport, imports } from "../../state/ecr-imports.ts";
import { pullThroughRuleFor } from "../../state/ecr-pull-through.ts";
import { imageKey, layers, repositories, type RepositoryRecord } from "../../state/ecr.ts";
import { RegistryError } from "../errors.ts";
import type { PullThroughParts } from "./bring-manifest.ts";
import type { Follower } from "./follower.ts";
import { unavailable, upstreamRefusal } from "./refusals.ts";
import { sourceOf } from "./source.ts";

export interface WantedBlob {
  /** The `repositoryKey` of where it belongs. */
  readonly repository: string;
  readonly digest: string;
  readonly size: number;
  readonly via: readonly string[];
}

export interface BlobFetches extends AsyncDisposable {
  /** Whether somebody fetches it now. */
  busy(repository: string, digest: string): boolean;
  /**
   * Resolves when the blob is stored. Whoever asks while it is fetched waits for the same transfer; only who began it can follow.
   * Rejects with `RegistryError` for what clients may be told.
   */
  fetch(wanted: WantedBlob, follower?: Follower): Promise<void>;
}

/** Fetches blobs from upstream into repositories: each once at a time. */
export function blobFetches(parts: PullThroughParts): BlobFetches {
  const underWay = new Map<string, Promise<void>>();
  const streams = new Set<Readable>();

  return {
    busy: (repository, digest) => underWay.has(imageKey(repository, digest)),
    async fetch(wanted, follower) {
      const key = imageKey(wanted.repository, wanted.digest);
      if (parts.platform.state.table(layers).has(key)) return;
      const known = underWay.get(key);
      if (known) return known;
      const fetching = store(parts, streams, wanted, follower).finally(() => underWay.delete(key));
      underWay.set(key, fetching);
      await fetching;
    },
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream.destroy();
      await Promise.allSettled(underWay.values());
    },
  };
}

async function store(parts: PullThroughParts, streams: Set<Readable>, wanted: WantedBlob, follower: Follower | undefined): Promise<void> {
  const { platform, upstreams } = parts;
  const { state, ids, clock } = platform;
  const { repository: key, digest, size } = wanted;
  const target = requireTarget(parts, key);
  const rule = pullThroughRuleFor(state, target, target.name);
  const source = rule && sourceOf(platform, rule, target.name, wanted.via);
  if (source?.kind !== "elsewhere") throw new RegistryError(404, "BLOB_UNKNOWN", "the pull through cache rule of this repository is gone");
  const blobs = blobsOf(platform, target, ({ message }) => new RegistryError(403, "DENIED", `KmsException: ${message}`));
  const found = await upstreams.blob(source.upstream, source.repository, digest);
  if ("failure" in found) throw upstreamRefusal(found) ?? unavailable(`it does not have ${digest}`);
  const { stream } = found;
  streams.add(stream);
  const id = `import-${ids.hex(32)}`;
  try {
    if (found.size !== undefined && found.size !== size) throw unavailable(`${digest} has ${found.size} bytes there, not ${size}`);
    await blobs.startUpload(id);
    await blobs.append(id, 0, passing(stream, size, follower));
    await blobs.commit(id, digest);
  } catch (cause) {
    await blobs.abort(id);
    throw told(cause, stream, digest);
  } finally {
    streams.delete(stream);
    stream.destroy();
  }
  // The repository may be gone, or another one, by now.
  if (blobDomain(requireTarget(parts, key)) !== blobs.domain) throw unavailable("the repository was made anew meanwhile");
  state.commit(() => {
    linkLayer(state, { repository: key, digest, size, usedAt: clock.now() });
    for (const record of state.table(imports).by("blob", imageKey(key, digest))) completeImport(state, key, record.digest, clock.now());
  });
  await state.durable();
  follower?.end();
}

/** What comes, given to the client and to the store; never more than there should be. */
async function* passing(stream: Readable, size: number, follower: Follower | undefined): AsyncIterable<Uint8Array> {
  let left = size;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    left -= bytes.length;
    if (left < 0) throw unavailable(`it sent more than ${size} bytes`);
    await follower?.write(bytes);
    yield bytes;
  }
}

/** What of a failure is the upstream registry's. */
function told(cause: unknown, stream: Readable, digest: string): unknown {
  if (cause instanceof BlobDigestError) return unavailable(`its bytes are not those of ${digest}`);
  return stream.errored === cause || stream.errored ? unavailable(stream.errored?.message ?? "the connection broke") : cause;
}

function requireTarget({ platform: { state } }: PullThroughParts, key: string): RepositoryRecord {
  const found = state.table(repositories).get(key);
  if (!found) throw new RegistryError(404, "NAME_UNKNOWN", "the repository was deleted meanwhile");
  return found;
}
