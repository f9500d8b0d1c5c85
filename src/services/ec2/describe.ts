import type { Filter, Tag } from "@aws-sdk/client-ec2";
import { globMatches, globOf, type Glob } from "../../domain/wildcard.ts";
import { AwsError } from "../aws-error.ts";
import type { OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys, paginate } from "../pagination.ts";
import { invalidValue } from "./ec2-operation.ts";

type FilterValue = string | number | boolean | undefined;

/** What the filters of one Describe operation look at, by filter name. Several values: one that matches is enough. */
export type FilterFields<T> = Readonly<Record<string, (item: T) => FilterValue | readonly FilterValue[]>>;

export interface DescribeRequest {
  readonly Filters?: readonly Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

interface DescribedItems<T> {
  readonly id: (item: T) => string;
  readonly fields: FilterFields<T>;
  readonly tags?: (item: T) => readonly Tag[];
  /** How many items a page may be asked to have. */
  readonly page?: { readonly least: number; readonly most: number };
}

const PAGE = { least: 5, most: 1000 };

/**
 * The page of items that a Describe operation shows: those that pass every filter, in the order of their ids.
 * Filters also know `tag:<key>`, `tag-key` and `tag-value` where items have tags.
 * @throws InvalidParameterValue for a filter that is none
 */
export function described<T>(
  items: readonly T[],
  request: DescribeRequest,
  { id, fields, tags, page: { least, most } = PAGE }: DescribedItems<T>,
  context: OperationContext,
): { readonly items: readonly T[]; readonly NextToken?: string } {
  const { Filters = [], MaxResults, NextToken } = request;
  if (MaxResults !== undefined && (MaxResults < least || MaxResults > most))
    throw invalidValue(
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value ${MaxResults < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`}.`,
    );
  const tests = Filters.map((filter) => filterTest(filter, fields, tags));
  const found = items.filter((item) => tests.every((passes) => passes(item))).sort((a, b) => compareKeys(id(a), id(b)));
  const page = paginate(found, id, { token: NextToken, limit: MaxResults ?? most }, context.secrets);
  if (!page) throw new AwsError("InvalidNextToken", `The token '${NextToken ?? ""}' is invalid`);
  return { items: page.items, ...defined({ NextToken: page.nextToken }) };
}

function filterTest<T>(
  { Name = "", Values = [] }: Filter,
  fields: FilterFields<T>,
  tags: ((item: T) => readonly Tag[]) | undefined,
): (item: T) => boolean {
  const patterns = Values.map(wildcard);
  const field = fieldOf(Name, fields, tags);
  return (item) => {
    const found = field(item);
    const values = (Array.isArray(found) ? found : [found]) as readonly FilterValue[];
    return values.some((value) => value !== undefined && patterns.some((pattern) => globMatches(pattern, String(value))));
  };
}

function fieldOf<T>(name: string, fields: FilterFields<T>, tags: ((item: T) => readonly Tag[]) | undefined): FilterFields<T>[string] {
  if (tags && name.startsWith("tag:"))
    return (item) =>
      tags(item)
        .filter(({ Key }) => Key === name.slice(4))
        .map(({ Value }) => Value ?? "");
  if (tags && name === "tag-key") return (item) => tags(item).map(({ Key }) => Key);
  if (tags && name === "tag-value") return (item) => tags(item).map(({ Value }) => Value);
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field) throw invalidValue(`The filter '${name}' is invalid`);
  return field;
}

/** `*` is any text, `?` any character, and a backslash takes their meaning away. */
function wildcard(pattern: string): Glob {
  const pieces = pattern.split(/(\\[*?\\])/);
  return globOf(pieces.map((text, at) => (at % 2 === 1 ? { text: text.slice(1), literal: true } : { text, literal: false })));
}

/** The items with these ids, in any order; all of them where no ids are asked for. @throws what `missing` makes of an id that is none */
export function chosen<T>(
  items: readonly T[],
  ids: readonly string[] | undefined,
  id: (item: T) => string,
  missing: (id: string) => AwsError,
): readonly T[] {
  if (!ids || ids.length === 0) return items;
  const byId = new Map(items.map((item) => [id(item), item]));
  return [...new Set(ids)].map((wanted) => {
    const found = byId.get(wanted);
    if (!found) throw missing(wanted);
    return found;
  });
}
