import { join } from "node:path";
import { FilesystemBlobStore } from "../drivers/filesystem/blob-store.ts";
import { OPENED_BLOBS } from "../drivers/sealing/opened-blobs.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Start } from "./options.ts";

export interface KeepingBlobs extends BlobStore {
  /** Until it is disposed of, no blob is removed. Absent where others keep them. */
  keepAll?(): Disposable;
}

/** The registry's bytes: files in the data folder, or a part of a bucket with only the uploads under way here. */
export async function openBlobs({ options, opened }: Start, owner: string): Promise<KeepingBlobs> {
  const { dataDirectory, registryStore, registryMemory } = options;
  const directory = join(dataDirectory, "registry");
  if (!registryStore)
    return FilesystemBlobStore.open(
      directory,
      registryMemory === undefined ? {} : { opened: { ...OPENED_BLOBS, mostBytes: registryMemory } },
    );
  const { S3BlobStore } = await import("../drivers/s3/blob-store.ts");
  const store = await S3BlobStore.open(registryStore, { directory, owner });
  opened.defer(() => store.close());
  return store;
}
