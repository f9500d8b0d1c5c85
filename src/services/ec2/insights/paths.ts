import type { CreateNetworkInsightsPathCommandInput, NetworkInsightsPath } from "@aws-sdk/client-ec2";
import { parseAddress } from "../../../domain/cidr.ts";
import { defined } from "../../../domain/defined.ts";
import { keyInScope, scopeKey } from "../../../domain/scope.ts";
import { insightsAnalyses, insightsPaths, type InsightsPathRecord } from "../../../state/ec2-network-insights.ts";
import { AwsError } from "../../aws-error.ts";
import type { OperationContext } from "../../operation.ts";
import { chosen, described } from "../describe.ts";
import { invalidValue, onAny, onNew, onOne, operation, unsupported } from "../ec2-operation.ts";
import { tagsFor } from "../security-groups.ts";
import { endOf } from "./ends.ts";

export const PATH_KIND = "network-insights-path";
/** Source: Reachability Analyzer guide, "Quotas". */
const MOST_PATHS = 100;

export function pathNotFound(id: string): AwsError {
  return new AwsError("InvalidNetworkInsightsPathId.NotFound", `The networkInsightsPath ID '${id}' does not exist`);
}

export function requirePath(context: OperationContext, id: string): InsightsPathRecord {
  const found = context.state.table(insightsPaths).get(id);
  if (!found || scopeKey(found) !== scopeKey(context)) throw pathNotFound(id);
  return found;
}

export const createNetworkInsightsPath = operation("CreateNetworkInsightsPath", {
  authorize: (input, at) => onNew("CreateNetworkInsightsPath", PATH_KIND)(input, at),
  run(input, context) {
    const { state, ids, clock } = context;
    const wanted = readWanted(input);
    const tags = tagsFor(PATH_KIND, input.TagSpecifications);
    const known = input.ClientToken && state.table(insightsPaths).by("clientToken", keyInScope(context, input.ClientToken))[0];
    if (known) {
      if (!isSame(known, wanted)) throw new AwsError("IdempotentParameterMismatch", "The client token was used with other parameters.");
      return { NetworkInsightsPath: shownPath(known, context) };
    }
    endOf(context, wanted.source, "source");
    if (wanted.destination !== undefined) endOf(context, wanted.destination, "destination");
    if (state.table(insightsPaths).count("scope", scopeKey(context)) >= MOST_PATHS)
      throw new AwsError("NetworkInsightsPathLimitExceeded", `You have reached the limit of ${MOST_PATHS} paths.`);
    const { account, region } = context;
    const made: InsightsPathRecord = {
      ...{ id: `nip-${ids.hex(17)}`, account, region, ...wanted, tags, createdAt: clock.now() },
      ...defined({ clientToken: input.ClientToken }),
    };
    state.commit(() => state.table(insightsPaths).insert(made));
    return { NetworkInsightsPath: shownPath(made, context) };
  },
});

type Wanted = Pick<InsightsPathRecord, "source" | "destination" | "sourceIp" | "destinationIp" | "protocol" | "destinationPort">;

function readWanted(input: CreateNetworkInsightsPathCommandInput): Wanted {
  if (input.FilterAtDestination) throw unsupported("The parameter FilterAtDestination is not supported.");
  const { SourceAddress, SourcePortRange, DestinationAddress, DestinationPortRange } = input.FilterAtSource ?? {};
  if (SourcePortRange) throw unsupported("The parameter FilterAtSource.SourcePortRange is not supported.");
  if (DestinationPortRange && DestinationPortRange.FromPort !== DestinationPortRange.ToPort)
    throw unsupported("The parameter FilterAtSource.DestinationPortRange is supported for one port.");
  const sourceIp = input.SourceIp ?? SourceAddress;
  const destinationIp = input.DestinationIp ?? DestinationAddress;
  const destinationPort = input.DestinationPort ?? DestinationPortRange?.FromPort;
  for (const address of [sourceIp, destinationIp])
    if (address !== undefined && parseAddress(address) === undefined) throw invalidValue(`Invalid IPv4 address: ${address}`);
  if (input.Protocol !== "tcp" && input.Protocol !== "udp")
    throw invalidValue(`Value (${String(input.Protocol)}) for parameter protocol is invalid. Valid values are tcp and udp.`);
  if (destinationPort !== undefined && (destinationPort < 0 || destinationPort > 65_535))
    throw invalidValue(`Value (${destinationPort}) for parameter destinationPort is invalid.`);
  if (!input.Destination && destinationIp === undefined)
    throw new AwsError("MissingParameter", "The request must contain the parameter destination or destinationIp");
  return {
    source: idOf(input.Source ?? ""),
    ...(input.Destination && { destination: idOf(input.Destination) }),
    protocol: input.Protocol,
    ...defined({ sourceIp, destinationIp, destinationPort }),
  };
}

/** An id, also where its ARN is given. */
function idOf(named: string): string {
  return named.startsWith("arn:") ? named.slice(named.lastIndexOf("/") + 1) : named;
}

function isSame(known: InsightsPathRecord, wanted: Wanted): boolean {
  const { source, destination, sourceIp, destinationIp, protocol, destinationPort } = known;
  const text = (one: Wanted): string =>
    JSON.stringify([one.source, one.destination, one.sourceIp, one.destinationIp, one.protocol, one.destinationPort]);
  return text({ source, protocol, ...defined({ destination, sourceIp, destinationIp, destinationPort }) }) === text(wanted);
}

export const deleteNetworkInsightsPath = operation("DeleteNetworkInsightsPath", {
  authorize: ({ NetworkInsightsPathId }, at) => onOne("DeleteNetworkInsightsPath", PATH_KIND, NetworkInsightsPathId, at),
  run({ NetworkInsightsPathId = "" }, context) {
    const { state } = context;
    const { id } = requirePath(context, NetworkInsightsPathId);
    if (state.table(insightsAnalyses).count("path", id) > 0)
      throw new AwsError("AnalysisExistsForNetworkInsightsPath", `The networkInsightsPath '${id}' has analyses and cannot be deleted`);
    state.commit(() => state.table(insightsPaths).delete(id));
    return { NetworkInsightsPathId: id };
  },
});

export const describeNetworkInsightsPaths = operation("DescribeNetworkInsightsPaths", {
  authorize: onAny("DescribeNetworkInsightsPaths"),
  run(input, context) {
    const id = (path: InsightsPathRecord): string => path.id;
    const all = context.state.table(insightsPaths).by("scope", scopeKey(context));
    const wanted = chosen(all, input.NetworkInsightsPathIds, id, pathNotFound);
    const fields = {
      destination: ({ destination }: InsightsPathRecord) => destination,
      "filter-at-source.destination-address": ({ destinationIp }: InsightsPathRecord) => destinationIp,
      "filter-at-source.source-address": ({ sourceIp }: InsightsPathRecord) => sourceIp,
      protocol: ({ protocol }: InsightsPathRecord) => protocol,
      source: ({ source }: InsightsPathRecord) => source,
    };
    const { items, ...more } = described(wanted, input, { id, fields, tags: ({ tags }) => tags }, context);
    return { NetworkInsightsPaths: items.map((item) => shownPath(item, context)), ...more };
  },
});

function shownPath(path: InsightsPathRecord, context: OperationContext): NetworkInsightsPath {
  const arnOf = (id: string | undefined): string | undefined => id && context.arn("ec2", `${kindOf(id)}/${id}`);
  return {
    NetworkInsightsPathId: path.id,
    NetworkInsightsPathArn: context.arn("ec2", `${PATH_KIND}/${path.id}`),
    CreatedDate: new Date(path.createdAt),
    Source: path.source,
    Protocol: path.protocol,
    Tags: [...path.tags],
    ...defined({
      Destination: path.destination,
      SourceArn: arnOf(path.source),
      DestinationArn: arnOf(path.destination),
      SourceIp: path.sourceIp,
      DestinationIp: path.destinationIp,
      DestinationPort: path.destinationPort,
    }),
  };
}

function kindOf(id: string): string {
  return id.startsWith("eni-") ? "network-interface" : id.startsWith("igw-") ? "internet-gateway" : "vpc-endpoint";
}
