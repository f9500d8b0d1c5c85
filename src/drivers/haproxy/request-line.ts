import type { LoggedRequest } from "../../ports/request-log.ts";
import { REQUEST_FIELDS } from "./render-request-log.ts";

type Field = keyof typeof REQUEST_FIELDS;
const FIELDS = Object.keys(REQUEST_FIELDS) as Field[];
const ACTIONS = ["forward", "fixed-response", "redirect"] as const;

/**
 * The request that a line tells of; `undefined` where it is of a route that is not logged.
 * @param values as `REQUEST_FIELDS` names them
 * @param refusing the load balancer that is told of a request that was refused before a rule was asked
 */
export function readRequest(values: readonly string[], refusing?: string): LoggedRequest | undefined {
  const fields = {} as Record<Field, string>;
  for (const [at, field] of FIELDS.entries()) fields[field] = values[at] ?? "";
  const rule = fields.route === "-" ? refusedBy(refusing, fields) : readRoute(fields.route);
  if (!rule) return undefined;
  const { action } = rule;
  const isRead = fields.method !== "<BADREQ>";
  const [readIn, queued, connected, responded, carried] = (["readIn", "queued", "connected", "responded", "carried"] as const).map(
    (field) => Number(fields[field]),
  ) as [number, number, number, number, number];
  const isSent = action === "forward" && connected >= 0 && fields.server !== "-:-";
  const status = Number(fields.status);
  return {
    kind: "request",
    ...rule,
    answeredAt: Number(fields.answeredAt),
    client: fields.client,
    ...(action === "forward" && { backend: fields.backend.replace(/^b_/, "") }),
    ...(isSent && { server: fields.server }),
    took: Math.max(0, Number(fields.took)),
    before: isSent ? Math.max(0, readIn) + Math.max(0, queued) + connected : -1,
    waited: isSent ? responded : -1,
    after: isSent ? carried : -1,
    ...(status > 0 && { status }),
    // The client gave up: while its request was read, while it waited, or during the answer. One that was too slow was told so.
    isAborted: /^[Cc]/.test(fields.ending) && fields.status !== TOO_LATE,
    received: Number(fields.received),
    sent: Number(fields.sent),
    ...(isRead ? { method: fields.method, target: text(fields.target), version: fields.version } : { method: "", target: "", version: "" }),
    host: text(fields.host),
    userAgent: text(fields.userAgent),
    trace: text(fields.trace),
    location: text(fields.location),
    ...(fields.tlsVersion !== "-" && { tls: { cipher: fields.cipher, version: fields.tlsVersion, serverName: text(fields.serverName) } }),
  };
}

type Rule = Pick<LoggedRequest, "loadBalancer" | "priority" | "action">;

function readRoute(note: string): Rule | undefined {
  const [loadBalancer = "", priority = "", kind = ""] = note.split("|");
  const action = ACTIONS.find((one) => one === kind);
  return action && priority !== "" ? { loadBalancer, priority: Number(priority), action } : undefined;
}

/** The status of a request that did not come in time. */
const TOO_LATE = "408";

/** HAProxy tells in what state a request ended: refused or answered by itself, or too late and told so. Of a client that was gone there is no request. */
function refusedBy(
  loadBalancer: string | undefined,
  { ending, status }: Pick<Record<Field, string>, "ending" | "status">,
): Rule | undefined {
  const isAnswered = /^[PL]R/.test(ending) || (ending.startsWith("cR") && status === TOO_LATE);
  return loadBalancer !== undefined && isAnswered ? { loadBalancer } : undefined;
}

/** What is not there is written as a hyphen. */
export function text(written: string): string {
  if (written === "-") return "";
  // Most have nothing that is escaped, and are what they say.
  if (!written.includes("\\")) return written;
  return read(written) ?? read(written.replace(CUT, "")) ?? written;
}

/** The beginning of a sign's code, where the text was too long. */
const CUT = /\\(?:u[0-9A-Fa-f]{0,3})?$/;

function read(written: string): string | undefined {
  try {
    return String(JSON.parse(`"${written}"`));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
