import { InvalidPaginationToken } from "@aws-sdk/client-route-53";
import { because, type OperationContext } from "../operation.ts";
import { compareKeys, paginate, type Page } from "../pagination.ts";
import { invalidInput } from "./route53-operation.ts";

/** How many to list: a number that the SDK and the path give as text. @throws InvalidInput */
export function pageLimit(asked: number | string | undefined, most: number): number {
  if (asked === undefined) return most;
  const limit = Number(asked);
  if (!Number.isInteger(limit) || limit < 1) throw invalidInput(`Invalid page size: '${asked}' is no whole number above zero.`);
  return Math.min(limit, most);
}

/** A page with a token of ours. @throws InvalidPaginationToken */
export function tokenPage<T>(
  items: readonly T[],
  key: (item: T) => string,
  request: { readonly token: string | undefined; readonly limit: number },
  { secrets }: OperationContext,
): Page<T> {
  const page = paginate(
    items.toSorted((a, b) => compareKeys(key(a), key(b))),
    key,
    request,
    secrets,
  );
  if (!page) throw new InvalidPaginationToken(because("The value that you specified for NextToken is invalid."));
  return page;
}
