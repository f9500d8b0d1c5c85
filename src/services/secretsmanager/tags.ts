import { InvalidParameterException, type Tag } from "@aws-sdk/client-secrets-manager";
import { because, requestTags } from "../operation.ts";
import { onSecret, operation, putSecret, requirePrimary } from "./secret.ts";

const MOST_TAGS = 50;

export function tagsByKey(tags: readonly Tag[] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** @throws InvalidParameterException */
export function refuseTags(tags: readonly Tag[]): void {
  for (const { Key = "", Value = "" } of tags) {
    if (Key.length < 1 || Key.length > 128 || Value.length > 256)
      throw new InvalidParameterException(because(`The tag '${Key}' is not valid: a key has 1 to 128 characters, a value up to 256.`));
    if (Key.startsWith("aws:")) throw new InvalidParameterException(because("The tag key prefix aws: is reserved for AWS use."));
  }
  if (tags.length > MOST_TAGS) throw new InvalidParameterException(because(`A secret can have at most ${MOST_TAGS} tags.`));
}

export const tagResource = operation("TagResource", {
  authorize: onSecret("TagResource", ({ Tags }) => requestTags(tagsByKey(Tags))),
  run({ SecretId = "", Tags = [] }, context) {
    const secret = requirePrimary(context, SecretId);
    const added = new Set(Tags.map(({ Key }) => Key));
    const tags = [...secret.tags.filter(({ Key }) => !added.has(Key)), ...Tags];
    refuseTags(tags);
    putSecret(context, { ...secret, tags, tagged: true });
    return {};
  },
});

export const untagResource = operation("UntagResource", {
  authorize: onSecret("UntagResource", ({ TagKeys }) => ({ "aws:TagKeys": TagKeys })),
  run({ SecretId = "", TagKeys = [] }, context) {
    const secret = requirePrimary(context, SecretId);
    // Tags of earlier versions count: the record of then does not say that there were some.
    const tagged = secret.tagged ?? secret.tags.length > 0;
    putSecret(context, { ...secret, ...(tagged ? { tagged } : {}), tags: secret.tags.filter(({ Key = "" }) => !TagKeys.includes(Key)) });
    return {};
  },
});
