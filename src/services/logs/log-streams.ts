import {
  InvalidParameterException,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type LogStream,
} from "@aws-sdk/client-cloudwatch-logs";
import { logGroupArn, logGroupKey, logStreamKey, logStreams, type LogStreamRecord } from "../../state/logs.ts";
import { lengthWithin, matches, oneOf, within, type Violation } from "../constraints.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { compareKeys, descendingKey, paginate } from "../pagination.ts";
import { groupInDecision, groupNameRules, groupResource, namedGroup, operation, refuse, requireGroup } from "./log-groups.ts";

export const onLogStream =
  (action: string) =>
  ({ logGroupName, logStreamName }: { logGroupName?: string | undefined; logStreamName?: string | undefined }, at: RequestScope) => ({
    action: `logs:${action}`,
    resource: `${logGroupArn(at, logGroupName ?? "*")}:log-stream:${logStreamName ?? "*"}`,
  });

export function streamNameRules(name: string | undefined, member = "logStreamName"): readonly Violation[] {
  return [lengthWithin(member, name, 1, 512), matches(member, name, /^[^:*]*$/, "[^:*]*")];
}

/** @throws ResourceNotFoundException */
export function requireStream(context: OperationContext, group: string, name: string): LogStreamRecord {
  requireGroup(context, group);
  const stream = context.state.table(logStreams).get(logStreamKey(context, group, name));
  if (!stream) throw new ResourceNotFoundException(because("The specified log stream does not exist."));
  return stream;
}

export const createLogStream = operation("CreateLogStream", {
  authorize: onLogStream("CreateLogStream"),
  run({ logGroupName: group = "", logStreamName: name = "" }, context) {
    refuse(...groupNameRules(group), ...streamNameRules(name));
    requireGroup(context, group);
    const { state, account, region, now } = context;
    if (state.table(logStreams).has(logStreamKey(context, group, name)))
      throw new ResourceAlreadyExistsException(because("The specified log stream already exists"));
    state.commit(() => state.table(logStreams).put({ name, group, account, region, createdAt: now }));
    return {};
  },
});

export const deleteLogStream = operation("DeleteLogStream", {
  authorize: onLogStream("DeleteLogStream"),
  async run({ logGroupName: group = "", logStreamName: name = "" }, context) {
    refuse(...groupNameRules(group), ...streamNameRules(name));
    const { account, region } = requireStream(context, group, name);
    const events = { account, region, group, stream: name };
    await context.logs.remove(events);
    context.state.commit(() => context.state.table(logStreams).delete(logStreamKey(context, group, name)));
    await context.logs.remove(events);
    return {};
  },
});

export const describeLogStreams = operation("DescribeLogStreams", {
  authorize: (input, at) => ({
    action: "logs:DescribeLogStreams",
    resource: groupResource(at, groupInDecision(at, input)),
  }),
  run(input, context) {
    const { logStreamNamePrefix: prefix, orderBy = "LogStreamName", descending = false, limit = 50 } = input;
    refuse(
      ...streamNameRules(prefix, "logStreamNamePrefix"),
      oneOf("orderBy", orderBy, ["LogStreamName", "LastEventTime"]),
      within("limit", limit, 1, 50),
    );
    if (orderBy === "LastEventTime" && prefix !== undefined)
      throw new InvalidParameterException(because("Cannot order by LastEventTime with a logStreamNamePrefix."));
    const { name: group } = requireGroup(context, namedGroup(context, input));
    const streams = context.state
      .table(logStreams)
      .by("group", logGroupKey(context, group))
      .filter(({ name }) => name.startsWith(prefix ?? ""))
      .map((stream) => shown(stream, context));
    const key = (stream: LogStream): string =>
      // Padded, so that texts order as numbers; a stream without events comes first, as on AWS.
      orderBy === "LastEventTime"
        ? `${String(stream.lastEventTimestamp ?? 0).padStart(20, "0")}/${stream.logStreamName}`
        : (stream.logStreamName ?? "");
    const ordered = streams.map((stream) => ({ stream, key: key(stream) })).sort((a, b) => compareKeys(a.key, b.key));
    const page = pageOf(ordered, descending, { token: input.nextToken, limit }, context);
    return { logStreams: page.items.map(({ stream }) => stream), ...defined({ nextToken: page.nextToken }) };
  },
});

interface Keyed {
  readonly stream: LogStream;
  readonly key: string;
}

function pageOf(
  ordered: readonly Keyed[],
  descending: boolean,
  request: { token: string | undefined; limit: number },
  { secrets }: OperationContext,
) {
  const page = descending
    ? paginate([...ordered].reverse(), ({ key }) => descendingKey(key), request, secrets)
    : paginate(ordered, ({ key }) => key, request, secrets);
  if (!page) throw new InvalidParameterException(because("The specified nextToken is invalid."));
  return page;
}

function shown(stream: LogStreamRecord, { logs }: OperationContext): LogStream {
  const { account, region, group, name } = stream;
  const extent = logs.extent({ account, region, group, stream: name });
  return {
    logStreamName: name,
    creationTime: stream.createdAt,
    ...defined({ firstEventTimestamp: extent?.first, lastEventTimestamp: extent?.last, lastIngestionTime: extent?.lastIngestion }),
    arn: `${logGroupArn(stream, group)}:log-stream:${name}`,
    storedBytes: 0,
  };
}
