import type { Readable } from "node:stream";
import type { S3Location } from "./location.ts";

export interface StoredObject {
  readonly bytes: number;
  /** Milliseconds since the Unix epoch, by the bucket's clock, in whole seconds. */
  readonly writtenAt: number;
  readonly etag: string;
}

/** A bucket as a store of blobs needs it. Names are below the location's prefix. Failures are the SDK's, after its retries. */
export interface Bucket {
  head(name: string): Promise<StoredObject | undefined>;
  /** The bytes from `start` to `end` (inclusive) of the object with that tag. Rejects where it was replaced meanwhile. */
  get(name: string, start: number, end: number, etag: string): Promise<Readable>;
  readSmall(name: string): Promise<Buffer>;
  /** Visible whole, or not at all. */
  putSmall(name: string, bytes: Uint8Array): Promise<void>;
  /** Writes an object of that name where there is none; false where there is one. */
  claim(name: string, bytes: Uint8Array): Promise<boolean>;
  /** As `putSmall`, of any size: one part of it after the other is asked for. */
  putParts(name: string, count: number, part: (index: number) => Promise<Uint8Array>): Promise<void>;
  remove(name: string): Promise<void>;
  list(folder: string): AsyncIterable<string>;
  /** The names of the folders directly below, without slashes. */
  folders(folder: string): AsyncIterable<string>;
  /** Ends the uploads of parts that were begun before (milliseconds since the Unix epoch), and resolves with their number. */
  abortUnfinished(before: number): Promise<number>;
  close(): void;
}

const CONNECT_MS = 5_000;
const IDLE_MS = 60_000;

/** The SDK, which is loaded when it is needed first, and a client of it. */
export async function s3Client({ region, endpoint, credentials }: Pick<S3Location, "region" | "endpoint" | "credentials">) {
  const s3 = await import("@aws-sdk/client-s3");
  const client = new s3.S3Client({
    region,
    // Set also where it is AWS's own: the variables that `airfield env` prints would lead to ourselves.
    endpoint: endpoint ?? `https://s3.${region}.amazonaws.com`,
    forcePathStyle: endpoint !== undefined,
    ...(credentials ? { credentials } : {}),
    // Every byte is authenticated when it is read, and the signature covers what is written; not every server knows the newer checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: IDLE_MS },
  });
  return { s3, client };
}

export async function openBucket({ bucket: Bucket, prefix, ...connection }: S3Location): Promise<Bucket> {
  const { s3, client } = await s3Client(connection);
  const at = (name: string): { readonly Bucket: string; readonly Key: string } => ({ Bucket, Key: prefix + name });

  const listing = async function* (folder: string, Delimiter?: string) {
    let token: string | undefined;
    do {
      const page = await client.send(
        new s3.ListObjectsV2Command({
          Bucket,
          Prefix: prefix + folder,
          ...(Delimiter === undefined ? {} : { Delimiter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  };

  return {
    async head(name) {
      try {
        const { ContentLength = 0, LastModified, ETag = "" } = await client.send(new s3.HeadObjectCommand(at(name)));
        return { bytes: ContentLength, writtenAt: LastModified?.getTime() ?? 0, etag: ETag };
      } catch (cause) {
        if (statusOf(cause) === 404) return undefined;
        throw cause;
      }
    },
    async get(name, start, end, etag) {
      const { Body } = await client.send(new s3.GetObjectCommand({ ...at(name), Range: `bytes=${start}-${end}`, IfMatch: etag }));
      return Body as Readable;
    },
    async readSmall(name) {
      const { Body } = await client.send(new s3.GetObjectCommand(at(name)));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    async putSmall(name, bytes) {
      await client.send(new s3.PutObjectCommand({ ...at(name), Body: bytes }));
    },
    async claim(name, bytes) {
      try {
        await client.send(new s3.PutObjectCommand({ ...at(name), Body: bytes, IfNoneMatch: "*" }));
        return true;
      } catch (cause) {
        if (statusOf(cause) === 412) return false;
        throw cause;
      }
    },
    async putParts(name, count, part) {
      const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(at(name)));
      const upload = { ...at(name), UploadId };
      try {
        const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
        for (let index = 0; index < count; index += 1) {
          const PartNumber = index + 1;
          const { ETag } = await client.send(new s3.UploadPartCommand({ ...upload, PartNumber, Body: await part(index) }));
          Parts.push({ ETag, PartNumber });
        }
        await client.send(new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
      } catch (cause) {
        // Best effort: what stays behind is ended as idle later. What went wrong is told, not this.
        await client.send(new s3.AbortMultipartUploadCommand(upload)).catch(() => undefined);
        throw cause;
      }
    },
    async remove(name) {
      await client.send(new s3.DeleteObjectCommand(at(name)));
    },
    async *list(folder) {
      for await (const { Contents = [] } of listing(folder))
        for (const { Key = "" } of Contents) yield Key.slice(prefix.length + folder.length);
    },
    async *folders(folder) {
      for await (const { CommonPrefixes = [] } of listing(folder, "/"))
        for (const { Prefix = "" } of CommonPrefixes) yield Prefix.slice(prefix.length + folder.length, -1);
    },
    async abortUnfinished(before) {
      let ended = 0;
      let next: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
      while (next) {
        const page: import("@aws-sdk/client-s3").ListMultipartUploadsCommandOutput = await client.send(
          new s3.ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...next }),
        );
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          if (Key === undefined || !Initiated || Initiated.getTime() >= before) continue;
          await client.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
          ended += 1;
        }
        const { IsTruncated, NextKeyMarker = "", NextUploadIdMarker = "" } = page;
        next = IsTruncated ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined;
      }
      return ended;
    },
    close: () => client.destroy(),
  };
}

export function statusOf(cause: unknown): number | undefined {
  return (cause as { readonly $metadata?: { readonly httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}
