import { compareKeys, paginate } from "../pagination.ts";
import type { OperationContext } from "../operation.ts";
import { checkRange, invalid } from "./elb-operation.ts";

const MOST = 400;

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly PageSize?: number | undefined;
}

/** A page of records by their ARN, and the marker of the next. */
export function pageByArn<T extends { readonly arn: string }>(
  records: readonly T[],
  request: PageRequest,
  context: Pick<OperationContext, "secrets">,
): { readonly items: readonly T[]; readonly NextMarker?: string } {
  return pageOf(records, ({ arn }) => arn, request, context);
}

/** A page in the order of a key, and the marker of the next. */
export function pageOf<T>(
  all: readonly T[],
  keyOf: (one: T) => string,
  request: PageRequest,
  { secrets }: Pick<OperationContext, "secrets">,
): { readonly items: readonly T[]; readonly NextMarker?: string } {
  checkRange(request.PageSize, "pageSize", 1, MOST);
  const sorted = [...all].sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
  const page = paginate(sorted, keyOf, { token: request.Marker, limit: request.PageSize ?? MOST }, secrets);
  if (!page) throw invalid(`The marker '${request.Marker}' is not valid`);
  return { items: page.items, ...(page.nextToken === undefined ? {} : { NextMarker: page.nextToken }) };
}
