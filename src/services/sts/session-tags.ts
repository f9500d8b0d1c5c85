import type { SessionFacts } from "../../domain/principal.ts";
import { lengthWithin, matches } from "../constraints.ts";
import { requestTags, type ConditionContext } from "../operation.ts";
import { invalidParameter, refuse } from "./sts-operation.ts";

/** Tags as a request or a token brings them. */
export interface AskedTags {
  readonly tags: SessionFacts["tags"];
  readonly transitiveTagKeys: readonly string[];
}

const MOST_TAGS = 50;

/** As the operations take them. */
export function askedTags(
  tags: readonly { Key: string | undefined; Value: string | undefined }[] | undefined,
  transitiveTagKeys: readonly string[] | undefined,
): AskedTags {
  return { tags: (tags ?? []).map(({ Key = "", Value = "" }) => ({ Key, Value })), transitiveTagKeys: transitiveTagKeys ?? [] };
}

/** The condition keys that they give: `aws:RequestTag/…`, `aws:TagKeys`, `sts:TransitiveTagKeys`. */
export function tagConditions({ tags, transitiveTagKeys }: AskedTags): ConditionContext {
  return {
    ...requestTags(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))),
    ...(transitiveTagKeys.length === 0 ? {} : { "sts:TransitiveTagKeys": transitiveTagKeys }),
  };
}

/** The tags that a session hands on to those that are chained to it. */
export function inheritedTags(session: SessionFacts | undefined): AskedTags {
  const transitive = session?.transitiveTagKeys ?? [];
  return { tags: (session?.tags ?? []).filter(({ Key }) => includesKey(transitive, Key)), transitiveTagKeys: transitive };
}

/**
 * The tags of a new session: those that were asked for, and those that its caller hands on.
 * Source: IAM User Guide, "Pass session tags in AWS STS".
 * @throws AwsError ValidationError, InvalidParameterValue
 */
export function sessionTags(asked: AskedTags, inherited: AskedTags): AskedTags {
  refuse(
    lengthWithin("tags", asked.tags, 0, MOST_TAGS),
    lengthWithin("transitiveTagKeys", asked.transitiveTagKeys, 0, MOST_TAGS),
    ...asked.tags.flatMap(({ Key, Value }, at) => [
      lengthWithin(`tags.${at + 1}.member.key`, Key, 1, 128),
      matches(`tags.${at + 1}.member.key`, Key, TAG_KEY, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"),
      lengthWithin(`tags.${at + 1}.member.value`, Value, 0, 256),
      matches(`tags.${at + 1}.member.value`, Value, TAG_VALUE, "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"),
    ]),
  );
  const keys = asked.tags.map(({ Key }) => Key);
  if (keys.some((key) => key.toLowerCase().startsWith("aws:")))
    throw invalidParameter("Tag keys cannot start with AWS reserved prefix for system tags.");
  if (new Set(keys.map((key) => key.toLowerCase())).size !== keys.length)
    throw invalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  if (keys.some((key) => includesKey(inherited.transitiveTagKeys, key)))
    throw invalidParameter(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  if (!asked.transitiveTagKeys.every((key) => includesKey(keys, key)))
    throw invalidParameter("The specified transitive tag key must be included in the requested tags.");
  return {
    tags: [...inherited.tags, ...asked.tags],
    transitiveTagKeys: [...inherited.transitiveTagKeys, ...asked.transitiveTagKeys],
  };
}

const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function includesKey(keys: readonly string[], key: string): boolean {
  return keys.some((one) => one.toLowerCase() === key.toLowerCase());
}
