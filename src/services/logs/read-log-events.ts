import { InvalidParameterException } from "@aws-sdk/client-cloudwatch-logs";
import type { StoredLogEvent } from "../../ports/log-store.ts";
import { logGroupArn, logGroupKey, logStreams } from "../../state/logs.ts";
import { within } from "../constraints.ts";
import { because, type OperationContext, type RequestScope } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { backwardToken, eventId, forwardToken, pageToken, readPageToken, readToken, type EventPosition } from "./event-position.ts";
import { filterPattern } from "./filter-pattern.ts";
import { groupInDecision, groupResource, namedGroup, operation, refuse, requireGroup } from "./log-groups.ts";
import { requireStream, streamNameRules } from "./log-streams.ts";

/** An answer holds this many bytes of messages at most, and this many events. */
const MOST_BYTES = 1_048_576;
const MOST_EVENTS = 10_000;
/** How many events one FilterLogEvents looks at before it answers with what it has, and a token. */
const MOST_LOOKED_AT = 50_000;
const LOOKED_AT_ONCE = 2_000;
const LENGTH_AT_ONCE = 4 * 1024 * 1024;
/** And how many characters, times the weight of its pattern: no request keeps others waiting for long. */
const MOST_WORK = 10_000_000;
/** From this many streams on, the whole group is walked and its other streams are passed over. */
const MANY_STREAMS = 20;

export const getLogEvents = operation("GetLogEvents", {
  authorize: (input, at: RequestScope) => ({
    action: "logs:GetLogEvents",
    resource: `${logGroupArn(at, groupInDecision(at, input))}:log-stream:${input.logStreamName ?? "*"}`,
  }),
  run(input, context) {
    const { logStreamName: stream = "", startTime, endTime, limit = MOST_EVENTS } = input;
    refuse(...streamNameRules(stream), within("limit", limit, 1, MOST_EVENTS));
    const group = namedGroup(context, input);
    const { account, region } = requireStream(context, group, stream);
    const token = input.nextToken === undefined ? undefined : readToken(input.nextToken);
    const backward = token ? token.backward : !input.startFromHead;
    const found = context.logs.query({
      account,
      region,
      group,
      streams: [stream],
      backward,
      limit,
      mostLength: MOST_BYTES,
      ...defined({ startTime, endTime, cursor: token?.position }),
    });
    const page = withinBytes(found);
    const events = backward ? page.toReversed() : page;
    return {
      events: events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
      ...tokens(events, token),
    };
  },
});

/** The tokens that continue a page on both sides. At an end the same token comes back, which is how a client knows. */
function tokens(events: readonly StoredLogEvent[], token: { readonly position: EventPosition; readonly backward: boolean } | undefined) {
  const first = events[0];
  const last = events.at(-1);
  if (first && last) return { nextForwardToken: forwardToken(last), nextBackwardToken: backwardToken(first) };
  const { timestamp, id } = token?.position ?? { timestamp: 0, id: 0 };
  if (!token) return { nextForwardToken: forwardToken({ timestamp, id }), nextBackwardToken: backwardToken({ timestamp, id }) };
  // The other direction takes in the event at the position itself, which this one left behind.
  return token.backward
    ? { nextForwardToken: forwardToken({ timestamp, id: Math.max(id - 1, 0) }), nextBackwardToken: backwardToken({ timestamp, id }) }
    : { nextForwardToken: forwardToken({ timestamp, id }), nextBackwardToken: backwardToken({ timestamp, id: id + 1 }) };
}

/** The beginning of a page that fits into an answer; at least one event. */
function withinBytes(events: readonly StoredLogEvent[]): readonly StoredLogEvent[] {
  let bytes = 0;
  const end = events.findIndex(({ message }, at) => (bytes += Buffer.byteLength(message)) > MOST_BYTES && at > 0);
  return end < 0 ? events : events.slice(0, end);
}

export const filterLogEvents = operation("FilterLogEvents", {
  authorize: (input, at: RequestScope) => ({ action: "logs:FilterLogEvents", resource: groupResource(at, groupInDecision(at, input)) }),
  run(input, context) {
    const { limit = MOST_EVENTS, startTime, endTime } = input;
    refuse(within("limit", limit, 1, MOST_EVENTS), ...streamNameRules(input.logStreamNamePrefix, "logStreamNamePrefix"));
    const { name: group, account, region } = requireGroup(context, namedGroup(context, input));
    const pattern = filterPattern(input.filterPattern ?? "");
    if ("refusal" in pattern) throw new InvalidParameterException(because(pattern.refusal));
    const streams = chosenStreams(input, group, context);
    const few = streams && streams.size <= MANY_STREAMS ? [...streams] : undefined;
    const range = {
      account,
      region,
      group,
      ...defined({
        streams: few,
        startTime,
        // Here, unlike in GetLogEvents, an event at the very end counts.
        endTime: endTime === undefined ? undefined : endTime + 1,
      }),
    };
    const found: StoredLogEvent[] = [];
    let cursor = input.nextToken === undefined ? undefined : readPageToken(input.nextToken);
    let bytes = 0;
    let more = true;
    let work = 0;
    const isEnough = (): boolean => found.length >= limit || bytes >= MOST_BYTES || work >= MOST_WORK;
    for (let looked = 0; more && looked < MOST_LOOKED_AT && !isEnough(); looked += LOOKED_AT_ONCE) {
      const batch = context.logs.query({ ...range, limit: LOOKED_AT_ONCE, mostLength: LENGTH_AT_ONCE, ...defined({ cursor }) });
      more = batch.length === LOOKED_AT_ONCE || batch.reduce((sum, { message }) => sum + message.length, 0) >= LENGTH_AT_ONCE;
      for (const [at, event] of batch.entries()) {
        cursor = { timestamp: event.timestamp, id: event.id };
        if (!streams || streams.has(event.stream)) {
          work += pattern.weight * event.message.length;
          if (pattern.matches(event.message)) {
            found.push(event);
            bytes += Buffer.byteLength(event.message);
          }
        }
        if (isEnough()) {
          more ||= at < batch.length - 1;
          break;
        }
      }
    }
    return {
      events: found.map((event) => ({
        logStreamName: event.stream,
        timestamp: event.timestamp,
        message: event.message,
        ingestionTime: event.ingestionTime,
        eventId: eventId(event),
      })),
      searchedLogStreams: [],
      ...defined({ nextToken: more && cursor ? pageToken(cursor) : undefined }),
    };
  },
});

/** The streams that a request narrows itself to; `undefined` for all. @throws ResourceNotFoundException for a name that is none */
function chosenStreams(
  { logStreamNames, logStreamNamePrefix: prefix }: { logStreamNames?: string[] | undefined; logStreamNamePrefix?: string | undefined },
  group: string,
  context: OperationContext,
): ReadonlySet<string> | undefined {
  if (logStreamNames) {
    for (const name of logStreamNames) requireStream(context, group, name);
    if (prefix !== undefined && !logStreamNames.some((name) => name.startsWith(prefix)))
      throw new InvalidParameterException(because("None of the logStreamNames begins with the logStreamNamePrefix."));
    return new Set(logStreamNames.filter((name) => name.startsWith(prefix ?? "")));
  }
  if (prefix === undefined) return undefined;
  const streams = context.state.table(logStreams).by("group", logGroupKey(context, group));
  return new Set(streams.map(({ name }) => name).filter((name) => name.startsWith(prefix)));
}
