import type { Tag } from "@aws-sdk/client-ecs";
import { invalid } from "./ecs-operation.ts";
import { QUOTAS } from "./quotas.ts";

/**
 * Refuses tags that AWS would: more than 50, keys twice or reserved, keys and values too long.
 * Source: Amazon ECS API Reference, "Tag" and "TagResource". @throws InvalidParameterException
 */
export function checkTags(tags: readonly Tag[] | undefined): readonly Tag[] {
  if (!tags) return [];
  if (tags.length > QUOTAS.tags) throw invalid("The number of tags exceeds the limit of 50.");
  const keys = new Set<string>();
  for (const { key, value } of tags) {
    if (key === undefined || key === "") throw invalid("Tag keys cannot be null or empty.");
    if (key.length > 128) throw invalid("Tag keys cannot be longer than 128 characters.");
    if ((value ?? "").length > 256) throw invalid("Tag values cannot be longer than 256 characters.");
    if (/^aws:/i.test(key)) throw invalid("Tag keys beginning with 'aws:' are reserved.");
    if (keys.has(key)) throw invalid(`Duplicate tag key: ${key}`);
    keys.add(key);
  }
  return tags.map(({ key = "", value = "" }) => ({ key, value }));
}

/** `base` with `added` over it; a key that both have takes the added value. */
export function mergeTags(base: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  if (base.length === 0) return added;
  const keys = new Set(added.map((tag) => tag.key));
  return [...base.filter((tag) => !keys.has(tag.key)), ...added];
}
