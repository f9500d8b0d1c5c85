import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  BlobCorruptError,
  BlobMissingError,
  type BlobKeys,
  type BlobPieces,
  type BlobRange,
  type Blobs,
  type BlobStore,
} from "../../ports/blob-store.ts";
import { checkDomain, lockOf, parseDigest, type Digest } from "../filesystem/blob-digest.ts";
import { makeDurableFolder } from "../filesystem/durable-folders.ts";
import { KeyedLock } from "../filesystem/keyed-lock.ts";
import { UploadFolder, type SealedFile } from "../filesystem/upload-folder.ts";
import { sizeOfSealed } from "../sealing/format.ts";
import { openSealed } from "../sealing/open.ts";
import { openBucket, type Bucket } from "./bucket.ts";
import type { S3Location } from "./location.ts";
import { objectSource } from "./object-source.ts";

/** S3 takes parts of 5 MiB and more, and 10,000 of them. */
const PART_BYTES = 8 * 1024 * 1024;
const MOST_PARTS = 10_000;
const OWNER = "airfield-owner";

export interface S3BlobStoreOptions {
  /** Where uploads under way lie. */
  readonly directory: string;
  /** Names the installation: a part of a bucket belongs to one, since its collector removes what it does not know. */
  readonly owner: string;
}

/** The bucket belongs to another installation, which would lose its blobs. */
export class BucketTakenError extends Error {
  override readonly name = "BucketTakenError";
}

/**
 * Sealed blobs as objects: `<prefix>sealed/<domain>/<algorithm>/<hex>`. An object is written when its upload is whole and verified, and S3 makes
 * it visible at once or not at all. One process at a time may use a prefix.
 */
export class S3BlobStore implements BlobStore {
  readonly #bucket: Bucket;
  readonly #uploads: UploadFolder;
  readonly #lock = new KeyedLock();

  private constructor(bucket: Bucket, uploads: UploadFolder) {
    this.#bucket = bucket;
    this.#uploads = uploads;
  }

  /** @throws BucketTakenError, and what the SDK throws where the bucket cannot be reached */
  static async open(location: S3Location, { directory, owner }: S3BlobStoreOptions): Promise<S3BlobStore> {
    const folder = join(resolve(directory), "uploads");
    await makeDurableFolder(folder);
    const bucket = await openBucket(location);
    if (!(await bucket.claim(OWNER, Buffer.from(owner)))) {
      const other = (await bucket.readSmall(OWNER)).toString();
      if (other !== owner)
        throw new BucketTakenError(
          `s3://${location.bucket}/${location.prefix} belongs to the installation ${other}: its collector and ours would remove each other's blobs`,
        );
    }
    return new S3BlobStore(bucket, new UploadFolder(folder));
  }

  close(): void {
    this.#bucket.close();
  }

  in(keys: BlobKeys): Blobs {
    const domain = checkDomain(keys.domain);
    return {
      domain,
      ...this.#uploads.in(keys, (digest, seal) =>
        this.#lock.run(lockOf(domain, digest), async () => this.#publish(await seal(), nameOf(domain, digest))),
      ),
      stat: (digest) => this.#stat(domain, digest),
      read: (digest, range, size) => this.#read(keys, digest, range, size),
    };
  }

  domains(): AsyncIterable<string> {
    return this.#bucket.folders("sealed/");
  }

  async *list(domain: string): AsyncIterable<string> {
    for await (const name of this.#bucket.list(`sealed/${checkDomain(domain)}/`)) yield name.replace("/", ":");
  }

  async remove(domain: string, digest: string, unusedSince?: number): Promise<boolean> {
    const parsed = parseDigest(digest);
    if (!parsed) return false;
    return this.#lock.run(lockOf(domain, parsed), async () => {
      const name = nameOf(domain, parsed);
      const found = await this.#bucket.head(name);
      if (!found || (unusedSince !== undefined && found.writtenAt >= unusedSince)) return false;
      await this.#bucket.remove(name);
      return true;
    });
  }

  async abortIdle(before: number): Promise<number> {
    return (await this.#uploads.abortIdle(before)) + (await this.#bucket.abortUnfinished(before));
  }

  async #stat(domain: string, digest: string): Promise<{ readonly size: number } | undefined> {
    const parsed = parseDigest(digest);
    const found = parsed && (await this.#bucket.head(nameOf(domain, parsed)));
    if (!found) return undefined;
    const size = sizeOfSealed(found.bytes);
    if (size === undefined) throw new BlobCorruptError(`the blob ${digest} is damaged in the store: it is cut off`);
    return { size };
  }

  async #read(keys: BlobKeys, digest: string, range?: BlobRange, expected?: number): Promise<BlobPieces> {
    const parsed = parseDigest(digest);
    if (!parsed) throw new BlobMissingError(`${digest} is no digest`);
    const name = nameOf(keys.domain, parsed);
    const found = await this.#bucket.head(name);
    if (!found) throw new BlobMissingError(`there is no blob ${digest}`);
    return openSealed(objectSource(this.#bucket, name, found), keys, digest, range, expected);
  }

  async #publish({ path, bytes }: SealedFile, name: string): Promise<void> {
    await using file = await open(path, "r");
    const size = Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS));
    const part = async (index: number): Promise<Buffer> => {
      const buffer = Buffer.allocUnsafeSlow(Math.min(size, bytes - index * size));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, index * size + filled);
        if (bytesRead === 0) throw new Error("the upload's file is shorter than it was");
        filled += bytesRead;
      }
      return buffer;
    };
    if (bytes <= size) await this.#bucket.putSmall(name, await part(0));
    else await this.#bucket.putParts(name, Math.ceil(bytes / size), part);
  }
}

function nameOf(domain: string, { algorithm, hex }: Digest): string {
  return `sealed/${checkDomain(domain)}/${algorithm}/${hex}`;
}
