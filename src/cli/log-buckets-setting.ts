import { isAbsolute } from "node:path";
import type { S3Location } from "../drivers/s3/location.ts";
import { CliError } from "./cli-error.ts";
import { registryStoreSetting } from "./registry-store-setting.ts";

/** A folder in which each folder is a bucket, or buckets of S3. */
export type LogBucketsSetting = { readonly folder: string } | { readonly buckets: readonly S3Location[] };

/**
 * `AIRFIELD_LOG_BUCKETS`: where load balancers may deliver their logs, a folder such as `/var/log/airfield`, or buckets such as `s3://logs,s3://more-logs`,
 * which are reached as `AIRFIELD_S3_ENDPOINT` and its like say. `undefined` for nowhere.
 * @throws CliError
 */
export function logBucketsSetting(environment: Readonly<Record<string, string | undefined>> = process.env): LogBucketsSetting | undefined {
  const text = environment["AIRFIELD_LOG_BUCKETS"];
  if (!text) return undefined;
  if (isAbsolute(text)) return { folder: text };
  const buckets = text.split(",").map((part) => {
    const location = /^s3:\/\/[^/]+\/?$/.test(part.trim())
      ? registryStoreSetting({ ...environment, AIRFIELD_REGISTRY_STORE: part.trim() })
      : undefined;
    if (location) return location;
    throw new CliError(
      `AIRFIELD_LOG_BUCKETS holds ${JSON.stringify(part)}, which is neither a folder nor a bucket`,
      "It reads /a/folder, or s3://bucket,s3://another.",
    );
  });
  return { buckets };
}
