/** A bucket, and the folder in it where one is named; `undefined` where an ARN names none that there could be. */
export function bucketAndFolder(arn: string): { readonly bucket: string; readonly folder: string } | undefined {
  const [, bucket, path = ""] = /^arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(arn) ?? [];
  const folder = path.replace(/\/$/, "");
  const isPlain = folder === "" || folder.split("/").every((part) => /^[A-Za-z0-9!_.*'()=-]+$/.test(part) && !/^\.+$/.test(part));
  return bucket === undefined || !isPlain ? undefined : { bucket, folder };
}

/** What an object's name says of what is in it. */
export interface FlowLogObject {
  readonly account: string;
  readonly region: string;
  readonly flowLogId: string;
  /** Without slashes at its ends; may be empty. */
  readonly folder: string;
  readonly hiveCompatible: boolean;
  readonly perHour: boolean;
  /** When the interval ended, in ISO 8601 and UTC. */
  readonly endedAt: string;
  /** What tells objects of one minute apart. */
  readonly unique: string;
}

/** Source: VPC User Guide, "Flow log files". */
export function flowLogObjectKey({ account, region, flowLogId, folder, hiveCompatible, perHour, endedAt, unique }: FlowLogObject): string {
  const [year = "", month = "", day = "", hour = ""] = endedAt.split(/[-T:]/);
  const parts = [
    ["aws-account-id", account],
    ["aws-service", "vpcflowlogs"],
    ["aws-region", region],
    ["year", year],
    ["month", month],
    ["day", day],
    ...(perHour ? [["hour", hour]] : []),
  ].map(([name = "", value = ""]) => (hiveCompatible ? `${name}=${value}` : value));
  const minute = endedAt.slice(0, 16).replaceAll(/[-:]/g, "");
  const file = `${account}_vpcflowlogs_${region}_${flowLogId}_${minute}Z_${unique}.log.gz`;
  return [...(folder === "" ? [] : [folder]), "AWSLogs", ...parts, file].join("/");
}

/** By which AWS sees that it may write. */
export function flowLogTestKey(account: string, folder: string): string {
  return `${folder === "" ? "" : `${folder}/`}AWSLogs/${account}/vpcflowlogs/DeliveryTestFile`;
}
