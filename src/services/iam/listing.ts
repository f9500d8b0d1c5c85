import { AwsError } from "../aws-error.ts";
import { within } from "../constraints.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { refuse } from "./iam-operation.ts";

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** A page as IAM gives it: with `IsTruncated` and a `Marker`. */
export function listed<T>(items: readonly T[], key: (item: T) => string, { Marker, MaxItems }: PageRequest, { secrets }: OperationContext) {
  refuse(within("maxItems", MaxItems, 1, 1000));
  const page = paginate(
    [...items].sort((a, b) => compareKeys(key(a), key(b))),
    key,
    { token: Marker, limit: MaxItems ?? 100 },
    secrets,
  );
  if (!page) throw new AwsError("ValidationError", `Invalid Marker: ${Marker ?? ""}`);
  return { items: page.items, more: { IsTruncated: page.nextToken !== undefined, ...defined({ Marker: page.nextToken }) } };
}
