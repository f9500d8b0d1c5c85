import { scopeKey } from "../../domain/scope.ts";
import { InvalidNextToken, type GetParametersByPathRequest } from "@aws-sdk/client-ssm";
import { decide } from "../../authorization/authorize.ts";
import { latest, parameterArn, parameters, type ParameterRecord, type ParameterVersionRecord } from "../../state/parameters.ts";
import { lengthWithin, within } from "../constraints.ts";
import { because, type OperationContext } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys, paginate, type Page } from "../pagination.ts";
import { passesFilters, refuseFilters } from "./filters.ts";
import { isBelow, refusePath } from "./parameter-name.ts";
import { invalid, onParameter, operation, refuse, requireParameter, resourceOf } from "./parameter.ts";
import { PUBLIC_PATH, publicParameters } from "./public-parameters.ts";
import { shownMetadata, shownPublic, shownValue } from "./shown-parameter.ts";

/** Who may see a path sees all below it, as on AWS: a deny further down does not count for this operation. */
export const getParametersByPath = operation("GetParametersByPath", {
  authorize: ({ Path = "/", Recursive = false }, at) => ({
    action: "ssm:GetParametersByPath",
    resource: resourceOf(Path, at),
    context: { "ssm:Recursive": String(Recursive) },
  }),
  run({ Path = "", Recursive = false, WithDecryption, MaxResults, NextToken, ParameterFilters = [] }, context) {
    refuse(within("maxResults", MaxResults, 1, 10));
    refusePath(Path);
    refuseFilters(ParameterFilters, "GetParametersByPath");
    if (Path.startsWith(PUBLIC_PATH)) return publicBelow(Path, { Recursive, MaxResults, NextToken }, context);
    const labels = ParameterFilters.find(({ Key }) => Key === "Label")?.Values;
    const found = own(context)
      .filter(({ name }) => isBelow(name, Path, Recursive))
      .filter((parameter) => passesFilters(parameter, ParameterFilters))
      .sort((a, b) => compareKeys(a.name, b.name));
    const page = orRefused(paginate(found, ({ name }) => name, { token: NextToken, limit: MaxResults ?? 10 }, context.secrets));
    return {
      Parameters: page.items.map((parameter) => shownValue(parameter, labelled(parameter, labels), WithDecryption, context)),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});

function publicBelow(
  path: string,
  { Recursive, MaxResults, NextToken }: Pick<GetParametersByPathRequest, "Recursive" | "MaxResults" | "NextToken">,
  context: OperationContext,
) {
  const found = [...publicParameters(context.region).values()]
    .filter(({ name }) => isBelow(name, path, Recursive === true))
    .sort((a, b) => compareKeys(a.name, b.name));
  const page = orRefused(paginate(found, ({ name }) => name, { token: NextToken, limit: MaxResults ?? 10 }, context.secrets));
  return { Parameters: page.items.map((parameter) => shownPublic(parameter, context.region)), ...defined({ NextToken: page.nextToken }) };
}

export const describeParameters = operation("DescribeParameters", {
  authorize: () => ({ action: "ssm:DescribeParameters", resource: "*" }),
  run({ Filters = [], ParameterFilters = [], MaxResults, NextToken, Shared = false }, context) {
    refuse(
      within("maxResults", MaxResults, 1, 50),
      ...Filters.map(({ Values }, at) => lengthWithin(`filters.${at + 1}.member.values`, Values, 1, 50)),
    );
    if (Filters.length > 0 && ParameterFilters.length > 0)
      throw invalid("You can use either Filters or ParameterFilters in a single request.");
    const filters = [
      ...ParameterFilters,
      ...Filters.map(({ Key, Values }) => ({ Key, Values, Option: Key === "Name" ? "BeginsWith" : "Equals" })),
    ];
    refuseFilters(filters, "DescribeParameters");
    const key = ({ name, account }: ParameterRecord): string => `${name} ${account}`;
    const found = (Shared ? sharedWith(context) : [...own(context)])
      .filter((parameter) => passesFilters(parameter, filters))
      .sort((a, b) => compareKeys(key(a), key(b)));
    const page = orRefused(paginate(found, key, { token: NextToken, limit: MaxResults ?? 10 }, context.secrets));
    return { Parameters: page.items.map((parameter) => shownMetadata(parameter, context.now)), ...defined({ NextToken: page.nextToken }) };
  },
});

export const getParameterHistory = operation("GetParameterHistory", {
  authorize: onParameter("GetParameterHistory"),
  run({ Name = "", WithDecryption, MaxResults, NextToken }, context) {
    refuse(within("maxResults", MaxResults, 1, 50));
    const { parameter } = requireParameter(context, Name);
    const key = ({ version }: { readonly version: number }): string => String(version).padStart(12, "0");
    const page = orRefused(paginate(parameter.versions, key, { token: NextToken, limit: MaxResults ?? 50 }, context.secrets));
    return {
      Parameters: page.items.map((version) => ({
        ...shownMetadata(parameter, context.now, version),
        Value: shownValue(parameter, version, WithDecryption, context).Value,
        Labels: [...(version.labels ?? [])],
      })),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});

function own({ state, account, region }: OperationContext): readonly ParameterRecord[] {
  return state.table(parameters).by("scope", scopeKey({ account, region }));
}

/** What other accounts' policies let this principal describe. */
function sharedWith({ state, now, principal, origin, account, region }: OperationContext): readonly ParameterRecord[] {
  return state.whole
    .table(parameters)
    .by("shared", region)
    .filter((parameter) => {
      if (parameter.account === account) return false;
      const resource = parameterArn(parameter, parameter.name);
      return decide({ state: state.whole, now }, principal, { action: "ssm:DescribeParameters", resource }, origin).allowed;
    });
}

/** The newest version that has one of the labels; the newest of all where none is asked for. */
function labelled(parameter: ParameterRecord, labels: readonly string[] | undefined): ParameterVersionRecord {
  const found = labels && parameter.versions.findLast((version) => version.labels?.some((label) => labels.includes(label)));
  return found ?? latest(parameter);
}

function orRefused<T>(page: Page<T> | undefined): Page<T> {
  if (!page) throw new InvalidNextToken(because("The specified token isn't valid."));
  return page;
}
