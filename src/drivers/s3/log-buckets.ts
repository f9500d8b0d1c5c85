import { NoSuchLogBucketError, type LogBuckets } from "../../ports/log-buckets.ts";
import { openBucket, type Bucket } from "./bucket.ts";
import type { S3Location } from "./location.ts";

/** Buckets of S3, or of what speaks it, that the operator named. Each is opened at its first object. */
export function s3LogBuckets(locations: readonly S3Location[]): LogBuckets & Disposable {
  const opened = new Map<string, Promise<Bucket>>();
  return {
    async write(bucket, key, bytes) {
      const location = locations.find((one) => one.bucket === bucket);
      if (!location) throw new NoSuchLogBucketError(`the operator has named no bucket '${bucket}' for logs`);
      const open = opened.get(bucket) ?? openBucket(location);
      opened.set(bucket, open);
      await (await open).putSmall(key, bytes);
    },
    [Symbol.dispose]: () => opened.forEach((open) => void open.then((bucket) => bucket.close())),
  };
}
