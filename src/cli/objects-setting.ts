import { isAbsolute } from "node:path";
import type { AirfieldOptions } from "../composition/options.ts";
import { readS3Url } from "../drivers/s3/location.ts";
import { CliError } from "./cli-error.ts";
import { s3Connection } from "./registry-store-setting.ts";

/**
 * `AIRFIELD_BUCKETS`: what requests may read that name objects in buckets, such as those that make a trust store. Either a folder, whose folders stand for
 * buckets, or `s3://one,s3://two`, which are reached as the settings `AIRFIELD_S3_…` say. Every account may name them. `undefined` where nothing is open.
 * @throws CliError
 */
export function objectsSetting(environment: Readonly<Record<string, string | undefined>> = process.env): AirfieldOptions["objects"] {
  const text = environment["AIRFIELD_BUCKETS"];
  if (!text) return undefined;
  if (isAbsolute(text)) return { folder: text };
  const places = text.split(",").map((part) => readS3Url(part.trim()));
  const buckets = places.flatMap((place) => (place?.prefix === "" ? place.bucket : []));
  if (buckets.length < places.length)
    throw new CliError(
      `AIRFIELD_BUCKETS=${text} names no buckets`,
      "It reads s3://<bucket>,s3://<bucket>, or is the path of a folder with a folder for each bucket.",
    );
  return { buckets, ...s3Connection(environment) };
}
