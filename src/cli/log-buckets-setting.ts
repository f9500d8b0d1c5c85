import type { S3Location } from "../drivers/s3/location.ts";
import { bucketsSetting } from "./buckets-setting.ts";
import { s3Connection } from "./registry-store-setting.ts";

/** A folder in which each folder is a bucket, or buckets of S3. */
export type LogBucketsSetting = { readonly folder: string } | { readonly buckets: readonly S3Location[] };

/**
 * `AIRFIELD_LOG_BUCKETS`: where load balancers may deliver their logs, a folder such as `/var/log/airfield`, or buckets such as `s3://logs,s3://more-logs`,
 * which are reached as `AIRFIELD_S3_ENDPOINT` and its like say. `undefined` for nowhere.
 * @throws CliError
 */
export function logBucketsSetting(environment: Readonly<Record<string, string | undefined>> = process.env): LogBucketsSetting | undefined {
  const opened = bucketsSetting("AIRFIELD_LOG_BUCKETS", environment);
  if (!opened || "folder" in opened) return opened;
  return { buckets: opened.names.map((bucket) => ({ bucket, prefix: "", ...s3Connection(environment) })) };
}
