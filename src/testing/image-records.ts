import type { ImageManifest } from "../domain/image-manifest.ts";
import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import { images, layers, repositories, repositoryKey, type ImageRecord, type RepositoryRecord } from "../state/ecr.ts";
import type { WholeState } from "../state/state.ts";

const SCOPE = { account: DEFAULT_ACCOUNT, region: DEFAULT_REGION };

/** The key of a repository in the default account and region. */
export function keyOf(name: string): string {
  return repositoryKey(SCOPE, name);
}

export function putRepository(state: WholeState, name: string, changes: Partial<RepositoryRecord> = {}): RepositoryRecord {
  return state.commit(() => state.table(repositories).put(repositoryRecord(name, changes)));
}

/** A repository as CreateRepository makes it where nothing is asked for. */
export function repositoryRecord(name: string, changes: Partial<RepositoryRecord> = {}): RepositoryRecord {
  return {
    ...SCOPE,
    arn: `arn:aws:ecr:${DEFAULT_REGION}:${DEFAULT_ACCOUNT}:repository/${name}`,
    name,
    tagMutability: "MUTABLE",
    tagMutabilityExclusions: [],
    scanOnPush: false,
    encryption: { encryptionType: "AES256" },
    tags: [],
    createdAt: 0,
    ...changes,
  };
}

/** Writes that a repository has a blob of ten bytes, which a push counted on at `usedAt`. */
export function putLayer(state: WholeState, repository: string, digest: string, usedAt = 0): void {
  state.commit(() => state.table(layers).put({ repository, digest, size: 10, usedAt }));
}

/** Writes the record of an image of one blob, `sha256:b`. */
export function putImageRecord(state: WholeState, repository: string, digest: string, changes: Partial<ImageRecord> = {}): ImageRecord {
  const image: ImageRecord = {
    repository,
    digest,
    kind: "image",
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    manifestSize: 3,
    size: 10,
    blobs: ["sha256:b"],
    manifests: [],
    tags: [],
    pushedAt: 0,
    ...changes,
  };
  return state.commit(() => state.table(images).put(image));
}

/** What is known of a manifest of these blobs, each of ten bytes; of an index, where it lists images. */
export function manifestOf(blobs: readonly string[], listed: readonly string[] = [], changes: Partial<ImageManifest> = {}): ImageManifest {
  const kind = listed.length > 0 ? "index" : "image";
  const describe = (digest: string) => ({ mediaType: "application/octet-stream", digest, size: 10 });
  const mediaType = kind === "index" ? "application/vnd.oci.image.index.v1+json" : "application/vnd.oci.image.manifest.v1+json";
  return { kind, mediaType, blobs: blobs.map(describe), manifests: listed.map(describe), size: blobs.length * 10, ...changes };
}
