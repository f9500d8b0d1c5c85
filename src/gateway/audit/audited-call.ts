import type { AuditedCall } from "../../audit/auditor.ts";
import type { Principal } from "../../domain/principal.ts";
import { DEFAULT_REGION, isAccount, isRegion } from "../../domain/scope.ts";
import type { Credentials } from "../../authorization/credentials.ts";
import type { ServiceDescriptor } from "../../services/service.ts";
import { isReadOnly } from "../../audit/read-only.ts";
import { claimedScope } from "../signature-claim.ts";
import type { WireError, WireRequest } from "../protocols/protocol.ts";
import type { OperationSchema } from "../schema.ts";
import { HIDDEN, shownMembers, withoutHidden } from "./shown-members.ts";
import { webIdentity } from "./web-identity.ts";

/** What the gateway learns of a request while it answers it; filled as far as it gets. */
export interface CallInProgress {
  readonly request: WireRequest;
  readonly requestId: string;
  readonly now: number;
  readonly sourceIp: string;
  readonly service: ServiceDescriptor | undefined;
  readonly serviceName: string | undefined;
  operationName: string | undefined;
  principal?: Principal;
  region?: string;
  schema?: OperationSchema;
  input?: unknown;
  output?: unknown;
  resources?: readonly string[];
  error?: Pick<WireError, "code" | "message" | "fault">;
}

/** The call as the trail shows it: without secrets. */
export function auditedCall(call: CallInProgress, credentials: Pick<Credentials, "find">): AuditedCall {
  const { request, service, schema, principal } = call;
  const claimed = principal ? undefined : claimedScope(request);
  const eventName = nameOf(schema?.name ?? call.operationName);
  const { shown: parameters, hidden } = shownMembers(schema?.input, call.input);
  const response = showsResponse(eventName, call.output) ? shownMembers(schema?.output, call.output).shown : null;
  const federated = principal?.kind === "anonymous" ? webIdentity(call.input, call.output) : undefined;
  const claimant = claimed && credentials.find(claimed.accessKeyId, request.headers["x-amz-security-token"], call.now);
  const account = federated?.account ?? (claimant && "principal" in claimant ? claimant.principal.account : undefined);
  const { error } = call;
  return {
    requestId: call.requestId,
    at: call.now,
    eventSource: `${service?.signingName ?? nameOf(call.serviceName).toLowerCase()}.amazonaws.com`,
    eventName,
    ...(service?.version === undefined ? {} : { apiVersion: service.version }),
    region: regionOf(call, claimed?.region),
    proved: federated ? federated.proved : principal !== undefined,
    ...(principal ? { principal } : {}),
    ...(federated ? { identity: federated.identity } : {}),
    ...(account !== undefined && isAccount(account) ? { account } : {}),
    ...(claimed ? { claimedKey: claimed.accessKeyId } : {}),
    sourceIp: call.sourceIp,
    userAgent: request.headers["user-agent"] ?? "",
    ...tlsDetails(request),
    parameters,
    response,
    resources: call.resources ?? [],
    ...(error ? { error: { code: errorCode(error, service), message: withoutHidden(error.message, hidden) } } : {}),
  };
}

/** What reads has no response elements, except where it hands out temporary credentials: for whom, is what matters. */
function showsResponse(eventName: string, output: unknown): boolean {
  if (typeof output !== "object" || output === null) return false;
  return !isReadOnly(eventName) || ("Credentials" in output && output.Credentials !== undefined);
}

/** IAM is global: its events are of one region. */
function regionOf({ region, service }: CallInProgress, claimed: string | undefined): string {
  if (service?.signingName === "iam") return DEFAULT_REGION;
  return region ?? (claimed !== undefined && isRegion(claimed) ? claimed : DEFAULT_REGION);
}

/** Names come from whoever asks: what is none is not repeated. */
function nameOf(name: string | undefined): string {
  if (name === undefined || name === "") return "Unknown";
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : HIDDEN;
}

/** As CloudTrail writes codes, which is not always what the client got. */
function errorCode({ code, fault }: Pick<WireError, "code" | "fault">, service: ServiceDescriptor | undefined): string {
  if (service?.protocol === "ec2Query") return `${fault === "client" ? "Client" : "Server"}.${code}`;
  return code === "AccessDeniedException" ? "AccessDenied" : code;
}

function tlsDetails({ tls, headers }: WireRequest): Pick<AuditedCall, "tls"> {
  if (!tls) return {};
  return { tls: { tlsVersion: tls.version, cipherSuite: tls.cipher, clientProvidedHostHeader: (headers["host"] ?? "").slice(0, 256) } };
}
