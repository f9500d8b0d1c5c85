import { InvalidParameterException, type InputLogEvent, type RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import { lengthWithin, within } from "../constraints.ts";
import { because } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { groupNameRules, operation, refuse, requireGroup } from "./log-groups.ts";
import { onLogStream, requireStream, streamNameRules } from "./log-streams.ts";

// Source of these limits: CloudWatch Logs API, PutLogEvents. Times in milliseconds.
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const EVENT_OVERHEAD = 26;

export const putLogEvents = operation("PutLogEvents", {
  authorize: onLogStream("PutLogEvents"),
  async run({ logGroupName: group = "", logStreamName: stream = "", logEvents = [] }, context) {
    refuse(
      ...groupNameRules(group),
      ...streamNameRules(stream),
      // Ten thousand lines are no part of an error.
      logEvents.length > MOST_EVENTS
        ? `Value at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to ${MOST_EVENTS}`
        : lengthWithin("logEvents", logEvents, 1, MOST_EVENTS),
      ...eventRules(logEvents),
    );
    refuseBatch(logEvents);
    const { account, region, now, ids } = context;
    const { retentionInDays } = requireGroup(context, group);
    requireStream(context, group, stream);
    const { accepted, rejected } = sort(logEvents, now, retentionInDays);
    if (accepted.length > 0) await context.logs.append({ account, region, group, stream }, accepted, now);
    // Sequence tokens are obsolete, but AWS still gives one.
    return { nextSequenceToken: ids.digits(56), ...defined({ rejectedLogEventsInfo: rejected }) };
  },
});

function eventRules(events: readonly InputLogEvent[]) {
  return events.flatMap(({ timestamp, message }, at) => [
    within(`logEvents.${at + 1}.member.timestamp`, timestamp, 0, Number.MAX_SAFE_INTEGER),
    message === ""
      ? `Value '' at 'logEvents.${at + 1}.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1`
      : undefined,
  ]);
}

function refuseBatch(events: readonly InputLogEvent[]): void {
  let bytes = 0;
  let previous = 0;
  for (const { timestamp = 0, message = "" } of events) {
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD;
    if (timestamp < previous)
      throw new InvalidParameterException(because("Log events in a single PutLogEvents request must be in chronological order."));
    previous = timestamp;
  }
  if (bytes > MOST_BYTES) throw new InvalidParameterException(because(`Upload too large: ${bytes} bytes exceeds limit of ${MOST_BYTES}`));
  if (previous - (events[0]?.timestamp ?? previous) > DAY)
    throw new InvalidParameterException(
      because("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."),
    );
}

/** Parts what is stored from what is too old (14 days), older than the retention, or more than two hours ahead. */
function sort(events: readonly InputLogEvent[], now: number, retentionInDays: number | undefined) {
  const times = events.map(({ timestamp = 0 }) => timestamp);
  const before = (limit: number): number => times.filter((time) => time < limit).length;
  const tooOld = before(now - 14 * DAY);
  const expired = retentionInDays === undefined ? 0 : before(now - retentionInDays * DAY);
  const tooNew = before(now + 2 * HOUR + 1);
  const accepted = events.slice(Math.max(tooOld, expired), tooNew).map(({ timestamp = 0, message = "" }) => ({ timestamp, message }));
  const rejected: RejectedLogEventsInfo = {
    ...(tooNew < events.length ? { tooNewLogEventStartIndex: tooNew } : {}),
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
  };
  return { accepted, rejected: Object.keys(rejected).length > 0 ? rejected : undefined };
}
