import { DEFAULT_ACCOUNT, DEFAULT_REGION } from "../domain/scope.ts";
import type { AuditRecord } from "../ports/audit-log.ts";
import { plainAddress, type AuditedCall } from "./auditor.ts";
import { isReadOnly } from "./read-only.ts";
import { seconds } from "./user-identity.ts";

/** No region of AWS's has a longer name. */
const LONGEST_REGION = 32;
/** Enough to tell one's own client from another. */
const LONGEST_AGENT = 64;

/**
 * The record of a request that nobody signed, or whose signature did not verify: who, what, when and why not, each of bounded length. What the
 * sender is free to write at length (parameters, texts that repeat them, names of hosts) is left out. At most some 1,000 bytes.
 */
export function strangerRecord(call: AuditedCall, eventID: string): AuditRecord {
  const { eventName, error, region } = call;
  return {
    eventVersion: "1.11",
    userIdentity: call.identity ?? nobody(call.claimedKey),
    eventTime: seconds(call.at),
    eventSource: call.eventSource,
    eventName,
    awsRegion: region.length <= LONGEST_REGION ? region : DEFAULT_REGION,
    sourceIPAddress: plainAddress(call.sourceIp),
    userAgent: call.userAgent.slice(0, LONGEST_AGENT),
    ...(error ? { errorCode: error.code } : {}),
    requestParameters: null,
    responseElements: null,
    requestID: call.requestId,
    eventID,
    readOnly: isReadOnly(eventName),
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: trailOf(call),
    eventCategory: "Management",
  };
}

/** What nobody proved to come from an account is for the operator's to look at. */
export function trailOf(call: Pick<AuditedCall, "account">): string {
  return call.account ?? DEFAULT_ACCOUNT;
}

/** Whoever took the secret for the key's id must not find it here. */
function nobody(claimedKey: string | undefined): Readonly<Record<string, unknown>> {
  return {
    type: "Unknown",
    ...(claimedKey !== undefined && /^A[KS]IA[A-Z0-9]{12,124}$/.test(claimedKey) ? { accessKeyId: claimedKey } : {}),
  };
}

/** How many requests were not recorded one by one. */
export interface Unrecorded {
  readonly account: string;
  readonly requests: number;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  readonly until: number;
}

/** The record that stands for them. Source: CloudTrail User Guide, "AWS service events". */
export function unrecordedEvent({ account, requests, since, until }: Unrecorded, eventID: string): AuditRecord {
  return {
    eventVersion: "1.11",
    userIdentity: { accountId: account, invokedBy: "AWS Internal" },
    eventTime: seconds(until),
    eventSource: "cloudtrail.amazonaws.com",
    eventName: "UnrecordedRequests",
    awsRegion: DEFAULT_REGION,
    sourceIPAddress: "AWS Internal",
    userAgent: "AWS Internal",
    requestParameters: null,
    responseElements: null,
    eventID,
    readOnly: true,
    eventType: "AwsServiceEvent",
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: "Management",
    serviceEventDetails: { requests, since: seconds(since), until: seconds(until), reason: "not signed, or signature not verified" },
  };
}
