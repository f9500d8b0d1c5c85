import { InvalidConfigurationRequestException } from "@aws-sdk/client-elastic-load-balancing-v2";
import { testObjectKey, type LogKind } from "../../domain/log-object-key.ts";
import type { LoadBalancerRecord } from "../../state/elb.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid } from "./elb-operation.ts";

/** What AWS writes into the file by which it sees that it may write. */
const TEST_TEXTS: Readonly<Record<LogKind, string>> = {
  access: "Enable AccessLog for ELB: ",
  connection: "Enable ConnectionLog for ELB: ",
};

/**
 * Where the attributes switch logs on, or elsewhere, sees that they can be delivered there, as AWS does by a file of its own. The texts are AWS's, but
 * for what only an operator here can do.
 */
export async function checkLogs(
  balancer: LoadBalancerRecord,
  attributes: Readonly<Record<string, string>>,
  context: OperationContext,
): Promise<void> {
  for (const kind of ["access", "connection"] as const) await checkLog(kind, balancer, attributes, context);
}

async function checkLog(
  kind: LogKind,
  { arn, attributes: before }: LoadBalancerRecord,
  attributes: Readonly<Record<string, string>>,
  { logBuckets, now }: OperationContext,
): Promise<void> {
  const of = (from: Readonly<Record<string, string>>): readonly string[] =>
    ["enabled", "bucket", "prefix"].map((name) => from[`${kind}_logs.s3.${name}`] ?? "");
  const [enabled, bucket = "", prefix = ""] = of(attributes);
  if (prefix.includes("AWSLogs")) throw invalid(`The value of '${kind}_logs.s3.prefix' cannot contain 'AWSLogs'`);
  if (!/^(?:[A-Za-z0-9!_.*'()-]+(?:\/[A-Za-z0-9!_.*'()-]+)*)?$/.test(prefix) || prefix.split("/").some((part) => /^\.+$/.test(part)))
    throw invalid(`The value '${prefix}' of '${kind}_logs.s3.prefix' is not valid`);
  if (enabled !== "true" || of(attributes).join("\n") === of(before).join("\n")) return;
  if (bucket === "") throw invalid(`The value of '${kind}_logs.s3.bucket' cannot be empty`);
  if (!logBuckets)
    throw new InvalidConfigurationRequestException(
      because(`Access Denied for bucket: ${bucket}. The operator has named no buckets for logs (AIRFIELD_LOG_BUCKETS)`),
    );
  try {
    await logBuckets.write(bucket, testObjectKey(kind, arn, prefix), Buffer.from(`${TEST_TEXTS[kind]}${new Date(now).toISOString()}\n`));
  } catch (cause) {
    throw Object.assign(
      new InvalidConfigurationRequestException(because(`Access Denied for bucket: ${bucket}. Please check S3bucket permission`)),
      { cause },
    );
  }
}
