import { TagException, type Tag } from "@aws-sdk/client-kms";
import { keys } from "../../state/kms/keys.ts";
import { because, requestTags, type ConditionContext } from "../operation.ts";
import { compareKeys } from "../pagination.ts";
import { ENDING, keyPermission, onKey, operation, page, refuseManaged, refuseStates, requireOwnKey } from "./key.ts";

const MOST_TAGS = 50;

/** @throws TagException */
export function checkTags(tags: readonly Tag[]): void {
  const names = tags.map(({ TagKey = "" }) => TagKey);
  if (new Set(names).size < names.length) throw new TagException(because("Duplicate tag keys"));
  if (tags.length > MOST_TAGS) throw new TagException(because(`A key can have at most ${MOST_TAGS} tags.`));
  for (const { TagKey = "", TagValue = "" } of tags) {
    if (TagKey.length < 1 || TagKey.length > 128 || TagValue.length > 256)
      throw new TagException(because(`The tag '${TagKey}' is not valid: a key has 1 to 128 characters, a value up to 256.`));
    if (/^aws:/i.test(TagKey)) throw new TagException(because("Tags beginning with aws: are reserved"));
  }
}

export function tagKeys(tags: readonly Tag[] | undefined): ConditionContext {
  return requestTags(Object.fromEntries((tags ?? []).map(({ TagKey = "", TagValue = "" }) => [TagKey, TagValue])));
}

export const tagResource = operation("TagResource", {
  authorize: ({ KeyId, Tags }, at) => keyPermission("TagResource", at, KeyId, tagKeys(Tags)),
  run({ KeyId, Tags = [] }, context) {
    const key = requireOwnKey(context, KeyId);
    refuseManaged(key);
    refuseStates(key, context.now, ...ENDING);
    checkTags(Tags);
    const added = new Set(Tags.map(({ TagKey }) => TagKey));
    const tags = [...key.tags.filter(({ TagKey }) => !added.has(TagKey)), ...Tags];
    checkTags(tags);
    context.state.commit(() => context.state.table(keys).put({ ...key, tags }));
    return {};
  },
});

export const untagResource = operation("UntagResource", {
  authorize: ({ KeyId, TagKeys }, at) => keyPermission("UntagResource", at, KeyId, { "aws:TagKeys": TagKeys }),
  run({ KeyId, TagKeys = [] }, context) {
    const key = requireOwnKey(context, KeyId);
    refuseManaged(key);
    refuseStates(key, context.now, ...ENDING);
    const tags = key.tags.filter(({ TagKey = "" }) => !TagKeys.includes(TagKey));
    context.state.commit(() => context.state.table(keys).put({ ...key, tags }));
    return {};
  },
});

export const listResourceTags = operation("ListResourceTags", {
  authorize: onKey("ListResourceTags"),
  run(input, context) {
    const name = ({ TagKey = "" }: Tag): string => TagKey;
    const tags = requireOwnKey(context, input.KeyId).tags.toSorted((a, b) => compareKeys(name(a), name(b)));
    const { items, mark } = page(input, tags, name, context, { usual: 50, most: 50 });
    return { Tags: items, ...mark };
  },
});
