import type { OperationContext } from "../operation.ts";
import { compareKeys, descendingKey, paginate } from "../pagination.ts";
import { invalid } from "./certificate.ts";

interface PageRequest {
  readonly token: string | undefined;
  readonly limit: number;
  readonly descending?: boolean;
}

/** A page in the order of a key, which no two have alike, and the token of the next. @throws ValidationException */
export function pageOf<T>(
  all: readonly T[],
  keyOf: (one: T) => string,
  { descending = false, ...request }: PageRequest,
  { secrets }: Pick<OperationContext, "secrets">,
): { readonly items: readonly T[]; readonly NextToken?: string } {
  const keyed = all.map((item) => ({ item, key: descending ? descendingKey(keyOf(item)) : keyOf(item) }));
  const sorted = keyed.toSorted((a, b) => compareKeys(a.key, b.key));
  const page = paginate(sorted, ({ key }) => key, request, secrets);
  if (!page) throw invalid("The NextToken is not valid.");
  return { items: page.items.map(({ item }) => item), ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }) };
}
