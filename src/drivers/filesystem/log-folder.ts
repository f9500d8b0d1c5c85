import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NoSuchLogBucketError, type LogBuckets } from "../../ports/log-buckets.ts";
import { objectPath } from "./object-path.ts";

/** A folder of the operator's in which each folder is a bucket: who may make one there decides which there are. */
export function logFolder(folder: string): LogBuckets {
  return {
    async write(bucket, key, bytes) {
      const path = objectPath(folder, bucket, key);
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || path === undefined)
        throw new NoSuchLogBucketError(`'${bucket}' is no name of a bucket`);
      try {
        // Not the bucket itself: it is there, or it is none.
        await mkdir(join(folder, bucket, key.split("/")[0] ?? "")).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "EEXIST") throw error;
        });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw new NoSuchLogBucketError(`there is no folder '${bucket}' for logs`);
        throw cause;
      }
      await mkdir(dirname(path), { recursive: true });
      // Whole, or not at all.
      await writeFile(`${path}.part`, bytes);
      await rename(`${path}.part`, path);
    },
  };
}
