import { scopeKey } from "../../domain/scope.ts";
import { parseArn } from "../../domain/arn.ts";
import { ensureAwsManagedKey, isAwsManagedAlias } from "../../state/kms/aws-managed-keys.ts";
import { keys, keyState, type KeyRecord } from "../../state/kms/keys.ts";
import { compareKeys } from "../pagination.ts";
import { checkGrantTokens, kmsParts, onKey, operation, page, requireKey } from "./key.ts";
import { metadataOf } from "./metadata.ts";

export const describeKey = operation("DescribeKey", {
  authorize: onKey("DescribeKey"),
  run({ KeyId = "", GrantTokens }, context) {
    checkGrantTokens(context, GrantTokens);
    const { state, account, region, now } = context;
    const parsed = parseArn(KeyId);
    const name = parsed?.resource ?? KeyId;
    // Describing an AWS managed key that was not needed so far makes it. Source: KMS API Reference, `DescribeKey`.
    if (isAwsManagedAlias(name) && (!parsed || (parsed.account === account && parsed.region === region)))
      ensureAwsManagedKey({ ...kmsParts(context), ids: context.ids }, name);
    return { KeyMetadata: metadataOf(state, requireKey(context, KeyId), now) };
  },
});

export const listKeys = operation("ListKeys", {
  authorize: () => ({ action: "kms:ListKeys", resource: "*" }),
  run(input, context) {
    const { state, account, region, now } = context;
    const id = (key: KeyRecord): string => key.id;
    const live = state
      .table(keys)
      .by("scope", scopeKey({ account, region }))
      .filter((key) => keyState(key, now) !== undefined)
      .toSorted((a, b) => compareKeys(a.id, b.id));
    const { items, mark } = page(input, live, id, context);
    return { Keys: items.map((key) => ({ KeyId: key.id, KeyArn: key.arn })), ...mark };
  },
});
