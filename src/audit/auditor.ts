import { DEFAULT_ACCOUNT } from "../domain/scope.ts";
import type { Principal } from "../domain/principal.ts";
import type { AuditLog, AuditRecord } from "../ports/audit-log.ts";
import type { Ids } from "../ports/ids.ts";
import type { WholeState } from "../state/state.ts";
import { isReadOnly } from "./read-only.ts";
import { auditResources } from "./resources.ts";
import { seconds, userIdentity } from "./user-identity.ts";

/** What is known of a request once it is answered. Holds no secret: who hands it in has hidden them. */
export interface AuditedCall {
  readonly requestId: string;
  /** When the request arrived, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Such as `ecs.amazonaws.com`. */
  readonly eventSource: string;
  readonly eventName: string;
  readonly apiVersion?: string;
  readonly region: string;
  /** Whether somebody showed who they are: by a signature that verified, by a token of ours, or by one of an identity provider that a role trusts. */
  readonly proved: boolean;
  /** Who was let in; absent where nobody was. */
  readonly principal?: Principal;
  /** The identity of who proved it otherwise than by a signature; goes before `principal`. */
  readonly identity?: Readonly<Record<string, unknown>>;
  /** Whose trail this belongs to, where it is not the principal's. */
  readonly account?: string;
  /** The key that an unproven request claims to be signed with. */
  readonly claimedKey?: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly tls?: { readonly tlsVersion: string; readonly cipherSuite: string; readonly clientProvidedHostHeader: string };
  readonly parameters: unknown;
  readonly response: unknown;
  /** ARNs. */
  readonly resources: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** Records a call. Returns at once. */
export type Audit = (call: AuditedCall) => void;

interface AuditorParts {
  readonly log: AuditLog;
  /** Takes the calls of those who proved nothing: what anybody can send must not cost a record of somebody known. */
  readonly strangers: Audit;
  readonly state: WholeState;
  readonly ids: Ids;
}

export function auditor({ log, strangers, state, ids }: AuditorParts): Audit {
  return (call) => (call.proved ? log.append(auditRecord(call, state, ids.uuid())) : strangers(call));
}

/**
 * One record.
 * Source: CloudTrail User Guide, "CloudTrail record contents for management, data, and network activity events".
 */
function auditRecord(call: AuditedCall, state: WholeState, eventID: string): AuditRecord {
  const { principal, error, eventName, sourceIp } = call;
  const resources = auditResources(call.resources);
  return {
    eventVersion: "1.11",
    userIdentity: call.identity ?? (principal ? userIdentity(state, principal) : { type: "Unknown" }),
    eventTime: seconds(call.at),
    eventSource: call.eventSource,
    eventName,
    awsRegion: call.region,
    sourceIPAddress: plainAddress(sourceIp),
    userAgent: call.userAgent.slice(0, LONGEST_AGENT),
    ...(error ? { errorCode: error.code, errorMessage: error.message.slice(0, LONGEST_MESSAGE) } : {}),
    requestParameters: bounded(call.parameters, "requestParameters"),
    responseElements: bounded(call.response, "responseElements"),
    requestID: call.requestId,
    eventID,
    readOnly: isReadOnly(eventName),
    ...(resources.length > 0 ? { resources } : {}),
    eventType: "AwsApiCall",
    ...(call.apiVersion === undefined ? {} : { apiVersion: call.apiVersion }),
    managementEvent: true,
    recipientAccountId: call.account || principal?.account || DEFAULT_ACCOUNT,
    eventCategory: "Management",
    ...(call.tls ? { tlsDetails: call.tls } : {}),
  };
}

const LONGEST_AGENT = 1024;
const LONGEST_MESSAGE = 1024;
/** Where CloudTrail leaves a part out. */
const LARGEST_PART = 100 * 1024;

/** An IPv4 client of a socket for both families is written as it is known elsewhere. */
export function plainAddress(sourceIp: string): string {
  return sourceIp.replace(/^::ffff:/, "");
}

function bounded(part: unknown, name: string): unknown {
  if (part === null || part === undefined) return null;
  if (isSmall(part)) return part;
  const originalSize = Buffer.byteLength(JSON.stringify(part));
  return originalSize <= LARGEST_PART ? part : { omitted: true, originalSize, reason: `${name} too large` };
}

/** Most parts are small beyond doubt: looking is cheaper than writing them out to measure. */
function isSmall(part: unknown): boolean {
  // A character of a text takes up to six in JSON, anything else that has no parts up to 25 in all.
  let left = LARGEST_PART;
  const look = (value: unknown): boolean => {
    if (typeof value === "string") left -= 6 * value.length + 3;
    else if (typeof value !== "object" || value === null) left -= 25;
    else
      for (const [key, one] of Object.entries(value)) {
        left -= 6 * key.length + 4;
        if (!look(one)) return false;
      }
    return left > 0;
  };
  return look(part);
}
