import type { AirfieldOptions } from "../composition/options.ts";
import { bucketsSetting } from "./buckets-setting.ts";
import { s3Connection } from "./registry-store-setting.ts";

/**
 * `AIRFIELD_BUCKETS`: what requests may read that name objects in buckets, such as those that make a trust store. Either a folder, whose folders stand for
 * buckets, or `s3://one,s3://two`, which are reached as the settings `AIRFIELD_S3_…` say. Every account may name them. `undefined` where nothing is open.
 * @throws CliError
 */
export function objectsSetting(environment: Readonly<Record<string, string | undefined>> = process.env): AirfieldOptions["objects"] {
  const opened = bucketsSetting("AIRFIELD_BUCKETS", environment);
  if (!opened || "folder" in opened) return opened;
  return { buckets: opened.names, ...s3Connection(environment) };
}
