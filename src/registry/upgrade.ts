import type { Blobs } from "../ports/blob-store.ts";
import type { Ids } from "../ports/ids.ts";
import { images, layers, repositories } from "../state/ecr.ts";
import { blobDomain, blobsOf, settleEncryption, type BlobParts } from "../state/ecr-encryption.ts";

/** Before blobs were encrypted, repositories with KMS named an alias, and no key stood behind it. They get the key that AWS manages for ECR. */
export function settleOldRepositories(parts: Omit<BlobParts, "blobs"> & { readonly ids: Ids }): void {
  const { state, clock } = parts;
  const table = state.table(repositories);
  state.commit(() => {
    for (const repository of [...table.values()]) {
      const { account, region, encryption } = repository;
      if (encryption.kmsKey?.endsWith(":alias/aws/ecr") !== true) continue;
      const settled = settleEncryption({ ...parts, scope: { account, region }, now: clock.now() }, { encryptionType: "KMS" });
      if (!("refusal" in settled)) table.put({ ...repository, encryption: settled });
    }
  });
}

/** Each encryption domain that needs a blob: one of its repositories has it as a layer or as a manifest. */
export function homesOf(parts: BlobParts, digest: string): readonly Blobs[] {
  const { state } = parts;
  const homes = new Map<string, Blobs>();
  for (const { repository } of [...state.table(layers).by("digest", digest), ...state.table(images).by("manifest", digest)]) {
    const found = state.table(repositories).get(repository);
    if (found)
      homes.set(
        blobDomain(found),
        blobsOf(parts, found, ({ code, message }) => new Error(message || code)),
      );
  }
  return [...homes.values()];
}
