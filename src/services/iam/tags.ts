import { InvalidInputException, LimitExceededException, type Tag } from "@aws-sdk/client-iam";
import { lengthWithin, matches } from "../constraints.ts";
import { because, requestTagList, type ConditionContext } from "../operation.ts";
import { refuse } from "./iam-operation.ts";

const MOST_TAGS = 50;
const KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u;
const CHARACTERS = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]";

/** Source: IAM User Guide, "Rules for tagging in IAM and AWS STS". Keys that differ only in case are the same key. */
export function refuseTags(tags: readonly Tag[]): void {
  refuse(
    lengthWithin("tags", tags, 0, MOST_TAGS),
    ...tags.flatMap(({ Key, Value }, at) => [
      lengthWithin(`tags.${at + 1}.member.key`, Key, 1, 128),
      matches(`tags.${at + 1}.member.key`, Key, KEY, `${CHARACTERS}+`),
      lengthWithin(`tags.${at + 1}.member.value`, Value, 0, 256),
      matches(`tags.${at + 1}.member.value`, Value, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, `${CHARACTERS}*`),
    ]),
  );
  if (tags.some(({ Key }) => Key?.toLowerCase().startsWith("aws:")))
    throw new InvalidInputException(because("Tag keys that begin with aws: are reserved."));
  if (new Set(tags.map(({ Key }) => Key?.toLowerCase())).size !== tags.length)
    throw new InvalidInputException(because("Duplicate tag keys found. Please note that Tag keys are case insensitive."));
}

/** The tags of something with those of a request set. */
export function withTags(tags: readonly Tag[], set: readonly Tag[]): readonly Tag[] {
  refuseTags(set);
  const added = new Set(set.map(({ Key }) => Key?.toLowerCase()));
  const all = [...tags.filter(({ Key }) => !added.has(Key?.toLowerCase())), ...set];
  if (all.length > MOST_TAGS)
    throw new LimitExceededException(because(`The number of tags has reached the maximum limit of ${MOST_TAGS}.`));
  return all;
}

export function withoutTags(tags: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  refuse(
    lengthWithin("tagKeys", keys, 0, MOST_TAGS),
    ...keys.flatMap((key, at) => [
      lengthWithin(`tagKeys.${at + 1}.member`, key, 1, 128),
      matches(`tagKeys.${at + 1}.member`, key, KEY, `${CHARACTERS}+`),
    ]),
  );
  const removed = new Set(keys.map((key) => key.toLowerCase()));
  return tags.filter(({ Key = "" }) => !removed.has(Key.toLowerCase()));
}

/** `aws:RequestTag/…` and `aws:TagKeys` of a request that sets tags. */
export function tagContext({ Tags = [] }: { readonly Tags?: Tag[] | undefined }): ConditionContext {
  return requestTagList(Tags);
}

export function tagKeyContext({ TagKeys = [] }: { readonly TagKeys?: string[] | undefined }): ConditionContext {
  return TagKeys.length === 0 ? {} : { "aws:TagKeys": TagKeys };
}
