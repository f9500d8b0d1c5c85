import type { Readable } from "node:stream";
import { LARGEST_OBJECT, ObjectTooLargeError, type ObjectName, type ObjectReader } from "../../ports/object-reader.ts";
import { s3Client, statusOf } from "./bucket.ts";
import type { S3Location } from "./location.ts";

/** Reads objects of some buckets, and of no others: all of them are the operator's, whoever asks. */
export function s3ObjectReader(
  buckets: readonly string[],
  connection: Pick<S3Location, "region" | "endpoint" | "credentials">,
): ObjectReader {
  return {
    async read({ bucket, key, version }: ObjectName) {
      if (!buckets.includes(bucket)) return undefined;
      const { s3, client } = await s3Client(connection);
      try {
        const { Body, ContentLength = 0 } = await client.send(
          new s3.GetObjectCommand({ Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) }),
        );
        const body = Body as Readable;
        if (ContentLength > LARGEST_OBJECT) {
          body.destroy();
          throw new ObjectTooLargeError(`s3://${bucket}/${key} has ${ContentLength} bytes`);
        }
        return await gathered(body);
      } catch (cause) {
        if (statusOf(cause) === 404 || (version !== undefined && statusOf(cause) === 400)) return undefined;
        throw cause;
      } finally {
        client.destroy();
      }
    },
  };
}

async function gathered(body: Readable): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
