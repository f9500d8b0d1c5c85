import {
  InvalidEventCategoryException,
  InvalidLookupAttributesException,
  InvalidMaxResultsException,
  InvalidNextTokenException,
  InvalidTimeRangeException,
  type LookupAttribute,
} from "@aws-sdk/client-cloudtrail";
import { because, operationsOf } from "../operation.ts";
import { defined } from "../../domain/defined.ts";
import { eventOf } from "./event.ts";
import { lookupCondition } from "./lookup-condition.ts";
import { readPageToken, writePageToken } from "./page-token.ts";

const operation = operationsOf<typeof import("@aws-sdk/client-cloudtrail")>();

const MOST_RESULTS = 50;
/** Source: CloudTrail User Guide, "Viewing events with Event history". */
const HISTORY_MS = 90 * 86_400_000;

/** Events of the last 90 days in the caller's account and region, the latest first. A page may be empty and still have a successor. */
export const lookupEvents = operation("LookupEvents", {
  authorize: () => ({ action: "cloudtrail:LookupEvents", resource: "*" }),
  async run({ LookupAttributes = [], StartTime, EndTime, EventCategory, MaxResults = MOST_RESULTS, NextToken }, context) {
    const { audit, secrets, account, region, now } = context;
    if (!Number.isInteger(MaxResults) || MaxResults < 1 || MaxResults > MOST_RESULTS)
      throw new InvalidMaxResultsException(because(`A value for MaxResults must be between 1 and ${MOST_RESULTS}.`));
    if (StartTime && EndTime && StartTime > EndTime)
      throw new InvalidTimeRangeException(because("The start time must not be later than the end time."));
    if (EventCategory !== undefined && EventCategory !== "insight")
      throw new InvalidEventCategoryException(because(`The event category ${String(EventCategory)} is not valid.`));
    const attribute = theAttribute(LookupAttributes);
    // Insights are made from trails, of which there are none.
    if (EventCategory === "insight") return { Events: [] };
    const question = JSON.stringify([account, region, attribute, StartTime, EndTime]);
    const after = NextToken === undefined ? undefined : readPageToken(secrets, NextToken, question);
    if (NextToken !== undefined && after === undefined)
      throw new InvalidNextTokenException(because("The token is not valid, or was made for a request with other parameters."));
    const { holding, wanted } = attribute ? lookupCondition(attribute) : { holding: [], wanted: () => true };
    const page = await audit.find({
      from: Math.max(StartTime?.getTime() ?? 0, now - HISTORY_MS),
      ...(EndTime ? { until: EndTime.getTime() } : {}),
      holding: [`"recipientAccountId":"${account}"`, `"awsRegion":"${region}"`, ...holding],
      wanted: (record) => record.recipientAccountId === account && record.awsRegion === region && wanted(record),
      limit: MaxResults,
      ...defined({ after }),
    });
    return {
      Events: page.records.map(eventOf),
      ...(page.next === undefined ? {} : { NextToken: writePageToken(secrets, page.next, question) }),
    };
  },
});

/** AWS takes one at most. */
function theAttribute(attributes: readonly LookupAttribute[]): { readonly key: string; readonly value: string } | undefined {
  const [first, ...more] = attributes;
  if (!first) return undefined;
  const { AttributeKey: key = "", AttributeValue: value = "" } = first;
  if (more.length > 0) throw new InvalidLookupAttributesException(because("You can specify only one lookup attribute."));
  if (value === "" || value.length > 2000)
    throw new InvalidLookupAttributesException(because(`The value of the lookup attribute ${key} must have 1 to 2000 characters.`));
  return { key, value };
}
