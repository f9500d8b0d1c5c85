import { DuplicateRequest, OperationNotFound } from "@aws-sdk/client-servicediscovery";
import { isDeepStrictEqual } from "node:util";
import { defined } from "../../domain/defined.ts";
import { scopeKey } from "../../domain/scope.ts";
import { keepLatest } from "../../state/keep-latest.ts";
import { nameInScope, operationRecords, type OperationRecord } from "../../state/cloud-map.ts";
import { because, type OperationContext } from "../operation.ts";
import { invalid, onAny, operation, pageOf } from "./servicediscovery-operation.ts";

/** How many operations an account's latest are told of; of earlier ones AWS, too, tells nothing in the end. */
const KEPT = 1000;

type Recorded = Pick<OperationRecord, "type" | "targets" | "namespaceId" | "failure" | "request">;

/** Records an operation inside the commit that does what it is for. */
export function recordOperation({ state, account, region, now, ids }: OperationContext, recorded: Recorded): { OperationId: string } {
  // As AWS makes them: thirty-two characters, and when, in base 36.
  const id = `${ids.alphanumeric(32).toLowerCase()}-${now.toString(36)}`;
  state.table(operationRecords).insert({ id, account, region, createdAt: now, ...defined({ ...recorded }) });
  const value = scopeKey({ account, region });
  keepLatest(state, operationRecords, { index: "scope", value, most: KEPT, at: ({ createdAt }) => createdAt });
  return { OperationId: id };
}

/** What a request is known by, where its client gave it an id. */
export function requestOf(id: string | undefined, input: object): Pick<OperationRecord, "request"> {
  return id === undefined ? {} : { request: { id, input: JSON.stringify(input) } };
}

/**
 * The operation that a request with this id was answered with before, where that was carried out.
 * @throws DuplicateRequest where that asked for something else
 */
export function repeated(
  context: OperationContext,
  type: OperationRecord["type"],
  { request }: Pick<OperationRecord, "request">,
): OperationRecord | undefined {
  if (!request) return undefined;
  const known = context.state.table(operationRecords).by("request", nameInScope(context, request.id));
  const same = known.find((one) => one.type === type && !one.failure);
  if (!same?.request) return undefined;
  if (isDeepStrictEqual(JSON.parse(same.request.input), JSON.parse(request.input))) return same;
  throw new DuplicateRequest({
    ...because("The CreatorRequestId was used for another request."),
    DuplicateOperationId: same.id,
  });
}

export const getOperation = operation("GetOperation", {
  authorize({ OperationId }, at) {
    const found = at.state.table(operationRecords).get(OperationId ?? "");
    return { action: "servicediscovery:GetOperation", resource: at.arn("servicediscovery", `namespace/${found?.namespaceId ?? "*"}`) };
  },
  run({ OperationId, OwnerAccount }, context) {
    const found = context.state.table(operationRecords).get(OperationId ?? "");
    const own = OwnerAccount === undefined || OwnerAccount === context.account;
    if (!found || found.region !== context.region || !own) throw new OperationNotFound(because(`Operation ${OperationId} not found.`));
    const { id, account, type, targets, failure, createdAt } = found;
    const when = new Date(createdAt);
    return {
      Operation: {
        ...{
          Id: id,
          OwnerAccount: account,
          Type: type,
          Status: statusOf(found),
          CreateDate: when,
          UpdateDate: when,
          Targets: { ...targets },
        },
        ...(failure && { ErrorCode: failure.code, ErrorMessage: failure.message }),
      },
    };
  },
});

function statusOf({ failure }: OperationRecord): "SUCCESS" | "FAIL" {
  return failure ? "FAIL" : "SUCCESS";
}

/** What a filter looks at, and the conditions that it can have. Source: AWS Cloud Map API Reference, `OperationFilter`. */
const FILTERS: Readonly<
  Record<string, { readonly of: (operation: OperationRecord) => string | undefined; readonly conditions: readonly string[] }>
> = {
  NAMESPACE_ID: { of: ({ targets }) => targets.NAMESPACE, conditions: ["EQ"] },
  SERVICE_ID: { of: ({ targets }) => targets.SERVICE, conditions: ["EQ"] },
  STATUS: { of: statusOf, conditions: ["EQ", "IN"] },
  TYPE: { of: ({ type }) => type, conditions: ["EQ", "IN"] },
};

export const listOperations = operation("ListOperations", {
  authorize: onAny("ListOperations"),
  run({ Filters = [], ...page }, context) {
    const own = context.state.table(operationRecords).by("scope", scopeKey(context));
    const tests = Filters.map(({ Name = "", Values = [], Condition = "EQ" }) => {
      if (Name === "UPDATE_DATE") return withinDates(Values, Condition);
      const filter = FILTERS[Name];
      if (!filter?.conditions.includes(Condition)) throw invalid(`Filter ${Name} does not support the condition ${Condition}.`);
      if (Condition === "EQ" && Values.length !== 1) throw invalid("A filter with the condition EQ has exactly one value.");
      return (one: OperationRecord): boolean => Values.includes(filter.of(one) ?? "");
    });
    const listed = own.filter((one) => tests.every((test) => test(one)));
    const { items, nextToken } = pageOf(listed, ({ id }) => id, page, context);
    return { Operations: items.map((one) => ({ Id: one.id, Status: statusOf(one) })), ...defined({ NextToken: nextToken }) };
  },
});

/** @throws InvalidInput */
function withinDates(values: readonly string[], condition: string): (operation: OperationRecord) => boolean {
  const [from = Number.NaN, to = Number.NaN] = values.map(Number);
  if (condition !== "BETWEEN" || values.length !== 2 || !(from <= to))
    throw invalid("Filter UPDATE_DATE has the condition BETWEEN, and two dates as seconds since 1970.");
  return ({ createdAt }) => from * 1000 <= createdAt && createdAt <= to * 1000;
}
