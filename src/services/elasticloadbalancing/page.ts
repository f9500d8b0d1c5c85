import { compareKeys, paginate } from "../pagination.ts";
import type { OperationContext } from "../operation.ts";
import { checkRange, invalid } from "./elb-operation.ts";

const MOST = 400;

/** A page of records by their ARN, and the marker of the next. */
export function pageByArn<T extends { readonly arn: string }>(
  records: readonly T[],
  request: { readonly Marker?: string | undefined; readonly PageSize?: number | undefined },
  { secrets }: Pick<OperationContext, "secrets">,
): { readonly items: readonly T[]; readonly NextMarker?: string } {
  checkRange(request.PageSize, "pageSize", 1, MOST);
  const sorted = [...records].sort((a, b) => compareKeys(a.arn, b.arn));
  const page = paginate(sorted, ({ arn }) => arn, { token: request.Marker, limit: request.PageSize ?? MOST }, secrets);
  if (!page) throw invalid(`The marker '${request.Marker}' is not valid`);
  return { items: page.items, ...(page.nextToken === undefined ? {} : { NextMarker: page.nextToken }) };
}
