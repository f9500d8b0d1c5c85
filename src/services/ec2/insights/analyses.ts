import { pathOf, type Path } from "../../../decide/reachability/path.ts";
import { defined } from "../../../domain/defined.ts";
import { TCP, UDP } from "../../../domain/network-world.ts";
import { keyInScope, scopeKey } from "../../../domain/scope.ts";
import { insightsAnalyses, type InsightsAnalysisRecord, type InsightsPathRecord } from "../../../state/ec2-network-insights.ts";
import { worldAround } from "../../../state/network-world.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { chosen, described } from "../describe.ts";
import { onAny, onNew, onOne, operation, unsupported } from "../ec2-operation.ts";
import { tagsFor } from "../security-groups.ts";
import { endOf } from "./ends.ts";
import { PATH_KIND, requirePath } from "./paths.ts";
import { shownAnalysis } from "./shown-analysis.ts";

export const ANALYSIS_KIND = "network-insights-analysis";
/** Source: Reachability Analyzer guide, "Quotas". */
const MOST_ANALYSES = 1000;

export function analysisNotFound(id: string): AwsError {
  return new AwsError("InvalidNetworkInsightsAnalysisId.NotFound", `The networkInsightsAnalysis ID '${id}' does not exist`);
}

/** The analysis is there with the answer: it is of the records as they are, and takes no time. */
export const startNetworkInsightsAnalysis = operation("StartNetworkInsightsAnalysis", {
  authorize: (input, at) => [
    ...onNew("StartNetworkInsightsAnalysis", ANALYSIS_KIND)(input, at),
    onOne("StartNetworkInsightsAnalysis", PATH_KIND, input.NetworkInsightsPathId, at),
  ],
  run(input, context) {
    const { state, ids, clock, account, region } = context;
    for (const name of ["AdditionalAccounts", "FilterInArns", "FilterOutArns"] as const)
      if ((input[name] ?? []).length > 0) throw unsupported(`The parameter ${name} is not supported.`);
    const tags = tagsFor(ANALYSIS_KIND, input.TagSpecifications);
    const path = requirePath(context, input.NetworkInsightsPathId ?? "");
    const known = input.ClientToken && state.table(insightsAnalyses).by("clientToken", keyInScope(context, input.ClientToken))[0];
    if (known) {
      if (known.pathId !== path.id) throw new AwsError("IdempotentParameterMismatch", "The client token was used with other parameters.");
      return { NetworkInsightsAnalysis: shownAnalysis(known, context) };
    }
    if (state.table(insightsAnalyses).count("scope", scopeKey(context)) >= MOST_ANALYSES)
      throw new AwsError("NetworkInsightsAnalysisLimitExceeded", `You have reached the limit of ${MOST_ANALYSES} analyses.`);
    const made: InsightsAnalysisRecord = {
      ...{ id: `nia-${ids.hex(17)}`, account, region, pathId: path.id, path: analysed(path, context), tags, startedAt: clock.now() },
      ...defined({ clientToken: input.ClientToken }),
    };
    state.commit(() => state.table(insightsAnalyses).insert(made));
    return { NetworkInsightsAnalysis: shownAnalysis(made, context) };
  },
});

/** Of an endpoint any interface will do; what is gone meanwhile is no end any more. */
function analysed(path: InsightsPathRecord, context: OperationContext): Path {
  try {
    const source = endOf(context, path.source, "source");
    const destination = path.destination === undefined ? undefined : endOf(context, path.destination, "destination");
    const world = worldAround(context.state.whole, [...source.interfaces, ...(destination?.interfaces ?? [])]);
    const addresses =
      path.destinationIp === undefined ? (destination?.interfaces.map(({ address }) => address) ?? []) : [path.destinationIp];
    const [first = destination?.address ?? ""] = addresses;
    const packet = {
      from: source.interfaces.length === 0 ? (path.sourceIp ?? source.address) : source.address,
      protocol: path.protocol === "tcp" ? TCP : UDP,
      port: path.destinationPort ?? 443,
    };
    const ways = (addresses.length === 0 ? [first] : addresses).map((to) => pathOf(world, { ...packet, to }));
    return ways.find(({ explanation }) => explanation === undefined) ?? ways[0] ?? { hops: [] };
  } catch (cause) {
    if (!(cause instanceof AwsError)) throw cause;
    const component = { kind: "network-interface" as const, id: path.source };
    const ends = { from: path.source, to: path.destination ?? path.destinationIp ?? "", protocol: path.protocol === "tcp" ? TCP : UDP };
    return { hops: [], explanation: { code: "NO_SOURCE_OR_DESTINATION", component, ...ends } };
  }
}

export const deleteNetworkInsightsAnalysis = operation("DeleteNetworkInsightsAnalysis", {
  authorize: ({ NetworkInsightsAnalysisId }, at) => onOne("DeleteNetworkInsightsAnalysis", ANALYSIS_KIND, NetworkInsightsAnalysisId, at),
  run({ NetworkInsightsAnalysisId = "" }, context) {
    const found = context.state.table(insightsAnalyses).get(NetworkInsightsAnalysisId);
    if (!found || scopeKey(found) !== scopeKey(context)) throw analysisNotFound(NetworkInsightsAnalysisId);
    context.state.commit(() => context.state.table(insightsAnalyses).delete(found.id));
    return { NetworkInsightsAnalysisId: found.id };
  },
});

export const describeNetworkInsightsAnalyses = operation("DescribeNetworkInsightsAnalyses", {
  authorize: onAny("DescribeNetworkInsightsAnalyses"),
  run(input, context) {
    const id = (analysis: InsightsAnalysisRecord): string => analysis.id;
    const from = input.AnalysisStartTime?.getTime() ?? -Infinity;
    const until = input.AnalysisEndTime?.getTime() ?? Infinity;
    const all = context.state
      .table(insightsAnalyses)
      .by("scope", scopeKey(context))
      .filter(({ startedAt, pathId }) => startedAt >= from && startedAt <= until && pathId === (input.NetworkInsightsPathId || pathId));
    const wanted = chosen(all, input.NetworkInsightsAnalysisIds, id, analysisNotFound);
    const fields = {
      "path-found": ({ path }: InsightsAnalysisRecord) => path.explanation === undefined,
      status: () => "succeeded",
    };
    const { items, ...more } = described(wanted, input, { id, fields, tags: ({ tags }) => tags }, context);
    return { NetworkInsightsAnalyses: items.map((item) => shownAnalysis(item, context)), ...more };
  },
});
