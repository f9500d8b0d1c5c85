import { InvalidNextToken } from "@aws-sdk/client-ssm";
import { latest, findParameter, parameterArn, parameterReference, parameters } from "../../state/parameters.ts";
import { lengthWithin, within } from "../constraints.ts";
import { because, defined } from "../operation.ts";
import { compareKeys, paginate, type Page } from "../pagination.ts";
import { passesFilters } from "./filters.ts";
import { invalid, onParameter, operation, refuse, requireParameter, resourceOf, shownMetadata, shownValue } from "./parameter.ts";

export const getParameter = operation("GetParameter", {
  authorize: onParameter("GetParameter"),
  run({ Name = "", WithDecryption }, context) {
    const { parameter, version, selector } = requireParameter(context, Name);
    return { Parameter: shownValue(parameter, version, WithDecryption, context, selector) };
  },
});

export const getParameters = operation("GetParameters", {
  authorize: ({ Names = [] }, at) => ({ action: "ssm:GetParameters", resource: Names.map((name) => resourceOf(name, at)) }),
  run({ Names = [], WithDecryption }, context) {
    refuse(lengthWithin("names", Names, 1, 10));
    const found = [];
    const missing: string[] = [];
    for (const name of new Set(Names)) {
      const reference = parameterReference(context, name);
      const { parameter, version } = findParameter(context.state, reference);
      if (version && parameter.account === context.account && parameter.region === context.region)
        found.push(shownValue(parameter, version, WithDecryption, context, reference.selector));
      else missing.push(name);
    }
    return { Parameters: found, InvalidParameters: missing };
  },
});

const PATH_RULE =
  'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". ' +
  'It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). ' +
  'Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.';

export const getParametersByPath = operation("GetParametersByPath", {
  authorize: ({ Path }, at) => ({ action: "ssm:GetParametersByPath", resource: parameterArn(at, (Path ?? "").replace(/(?<=.)\/$/, "")) }),
  run({ Path = "", Recursive = false, WithDecryption, MaxResults, NextToken, ParameterFilters = [] }, context) {
    refuse(within("maxResults", MaxResults, 1, 10));
    if (!/^\/[A-Za-z0-9._/-]*$/.test(Path)) throw invalid(PATH_RULE);
    const { state, account, region, secrets } = context;
    const under = Path.endsWith("/") ? Path : `${Path}/`;
    const found = state
      .table(parameters)
      .by("scope", `${account}/${region}`)
      .filter(({ name }) => name.startsWith(under) && (Recursive || !name.slice(under.length).includes("/")))
      .filter((parameter) => passesFilters(parameter, ParameterFilters))
      .sort((a, b) => compareKeys(a.name, b.name));
    const page = orRefused(paginate(found, ({ name }) => name, { token: NextToken, limit: MaxResults ?? 10 }, secrets));
    return {
      Parameters: page.items.map((parameter) => shownValue(parameter, latest(parameter), WithDecryption, context)),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});

export const describeParameters = operation("DescribeParameters", {
  authorize: () => ({ action: "ssm:DescribeParameters", resource: "*" }),
  run({ Filters = [], ParameterFilters = [], MaxResults, NextToken }, context) {
    refuse(within("maxResults", MaxResults, 1, 50));
    if (Filters.length > 0 && ParameterFilters.length > 0)
      throw invalid("You can use either Filters or ParameterFilters in a single request.");
    const filters = [
      ...ParameterFilters,
      ...Filters.map(({ Key, Values }) => ({ Key, Values, Option: Key === "Name" ? "BeginsWith" : "Equals" })),
    ];
    const { state, account, region, secrets } = context;
    const found = state
      .table(parameters)
      .by("scope", `${account}/${region}`)
      .filter((parameter) => passesFilters(parameter, filters))
      .sort((a, b) => compareKeys(a.name, b.name));
    const page = orRefused(paginate(found, ({ name }) => name, { token: NextToken, limit: MaxResults ?? 10 }, secrets));
    return { Parameters: page.items.map((parameter) => shownMetadata(parameter)), ...defined({ NextToken: page.nextToken }) };
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
        ...shownMetadata(parameter, version),
        Value: shownValue(parameter, version, WithDecryption, context).Value,
        Labels: [],
      })),
      ...defined({ NextToken: page.nextToken }),
    };
  },
});

function orRefused<T>(page: Page<T> | undefined): Page<T> {
  if (!page) throw new InvalidNextToken(because("The specified token isn't valid."));
  return page;
}
