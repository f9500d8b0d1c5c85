import { isAbsolute } from "node:path";
import { readS3Url } from "../drivers/s3/location.ts";
import { CliError } from "./cli-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A folder in which each folder is a bucket, or the names of buckets of S3. */
export type BucketsSetting = { readonly folder: string } | { readonly names: readonly string[] };

/**
 * A setting that opens buckets: `/a/folder`, or `s3://one,s3://two`. `undefined` where it is not set.
 * @throws CliError
 */
export function bucketsSetting(setting: string, environment: Environment): BucketsSetting | undefined {
  const text = environment[setting];
  if (!text) return undefined;
  if (isAbsolute(text)) return { folder: text };
  const names = text.split(",").map((part) => {
    const place = readS3Url(part.trim());
    if (place?.prefix === "") return place.bucket;
    throw new CliError(
      `${setting} holds ${JSON.stringify(part)}, which is neither a folder nor a bucket`,
      "It reads /a/folder, with a folder for each bucket, or s3://bucket,s3://another.",
    );
  });
  return { names };
}
