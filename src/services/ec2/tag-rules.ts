import type { Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../aws-error.ts";
import { invalidValue } from "./ec2-operation.ts";

const MOST_TAGS = 50;

/** EC2's rules for tags. */
export function refuseTags(tags: readonly Tag[]): void {
  const keys = new Set(tags.map(({ Key }) => Key));
  for (const { Key = "", Value = "" } of tags) {
    if (Key === "" || Key.length > 127) throw invalidValue(`Tag key exceeds the maximum length of 127 characters or is empty: '${Key}'`);
    if (Value.length > 255) throw invalidValue("Tag value exceeds the maximum length of 255 characters");
    if (Key.toLowerCase().startsWith("aws:")) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
  }
  if (keys.size !== tags.length) throw invalidValue("Duplicate tag key specified.");
  if (tags.length > MOST_TAGS) throw new AwsError("TagLimitExceeded", `More than ${MOST_TAGS} tags specified`);
}
