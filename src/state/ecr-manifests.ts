import type { Blobs } from "../ports/blob-store.ts";
import type { Ids } from "../ports/ids.ts";

// Manifests are blobs: their exact bytes matter, and the tables need none of them.

/** Makes a manifest's bytes durable. Once more where they are known already, which tells the collector that they are wanted. */
export async function storeManifest(
  { blobs, ids }: { readonly blobs: Blobs; readonly ids: Ids },
  bytes: Uint8Array,
  digest: string,
): Promise<void> {
  const id = `manifest-${ids.hex(32)}`;
  await blobs.startUpload(id);
  try {
    await blobs.append(id, 0, whole(bytes));
    await blobs.commit(id, digest);
  } catch (cause) {
    await blobs.abort(id);
    throw cause;
  }
}

export async function readManifestText(blobs: Blobs, digest: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await blobs.read(digest)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function* whole(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
