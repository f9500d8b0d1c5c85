import { createReadStream } from "node:fs";
import { opendir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { BlobDigestError, type Blobs } from "../../ports/blob-store.ts";
import { ALGORITHMS, parseDigest } from "./blob-digest.ts";
import { readdirOptional } from "./durable-folders.ts";

const READ_BYTES = 1024 * 1024;

/**
 * Seals the blobs that versions before encryption left in the clear, `<directory>/blobs/<algorithm>/<first two digits>/<hex>`, and removes each when it is
 * sealed. May be cut off anywhere, and goes on at the next start.
 * @param homes where a blob belongs: nowhere, if nobody has it
 * @param damaged told of each whose bytes are not what its name says; it stays where it is
 * @returns how many were sealed
 */
export async function sealPlainBlobs(
  directory: string,
  homes: (digest: string) => readonly Blobs[],
  damaged: (digest: string) => void,
): Promise<number> {
  let sealed = 0;
  for (const algorithm of ALGORITHMS) {
    const folder = join(directory, "blobs", algorithm);
    for (const prefix of await readdirOptional(folder)) {
      for await (const { name } of await opendir(join(folder, prefix))) {
        const digest = `${algorithm}:${name}`;
        if (!parseDigest(digest)) continue;
        const path = join(folder, prefix, name);
        try {
          for (const blobs of homes(digest)) await seal(path, blobs, digest);
        } catch (cause) {
          if (!(cause instanceof BlobDigestError)) throw cause;
          damaged(digest);
          continue;
        }
        await rm(path);
        sealed += 1;
      }
      // What is left in it was told of.
      await rmdir(join(folder, prefix)).catch(() => undefined);
    }
  }
  return sealed;
}

async function seal(path: string, blobs: Blobs, digest: string): Promise<void> {
  const id = `plain-${digest.replace(":", "-")}`;
  await blobs.abort(id);
  await blobs.startUpload(id);
  await blobs.append(id, 0, createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>);
  await blobs.commit(id, digest);
}
