import { readS3Url, type S3Location } from "../drivers/s3/location.ts";
import { CliError } from "./cli-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `AIRFIELD_REGISTRY_STORE=s3://bucket/prefix`, with `AIRFIELD_S3_REGION` (us-east-1 where absent), `AIRFIELD_S3_ENDPOINT` for what is not AWS's own,
 * and `AIRFIELD_S3_ACCESS_KEY_ID` and `AIRFIELD_S3_SECRET_ACCESS_KEY` where the SDK does not find credentials by itself. `undefined` for files in the
 * data folder. None of these is called as the AWS tools call theirs: those name this endpoint.
 * @throws CliError
 */
export function registryStoreSetting(environment: Environment = process.env): S3Location | undefined {
  const text = environment["AIRFIELD_REGISTRY_STORE"];
  if (!text) return undefined;
  const found = readS3Url(text);
  if (!found)
    throw new CliError(`AIRFIELD_REGISTRY_STORE=${text} is no place for blobs`, "It reads s3://<bucket> or s3://<bucket>/<prefix>.");
  return { ...found, ...s3Connection(environment) };
}

/** How buckets are reached: the settings that begin with `AIRFIELD_S3_`. @throws CliError */
export function s3Connection(environment: Environment): Omit<S3Location, "bucket" | "prefix"> {
  const endpoint = environment["AIRFIELD_S3_ENDPOINT"];
  if (endpoint && !/^https?:\/\//.test(endpoint))
    throw new CliError(`AIRFIELD_S3_ENDPOINT=${endpoint} is no URL`, "It reads http://<host>:<port> or https://<host>.");
  const accessKeyId = environment["AIRFIELD_S3_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AIRFIELD_S3_SECRET_ACCESS_KEY"];
  if (Boolean(accessKeyId) !== Boolean(secretAccessKey))
    throw new CliError("AIRFIELD_S3_ACCESS_KEY_ID and AIRFIELD_S3_SECRET_ACCESS_KEY go together", "Set both, or neither.");
  return {
    region: environment["AIRFIELD_S3_REGION"] || "us-east-1",
    ...(endpoint ? { endpoint } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  };
}
