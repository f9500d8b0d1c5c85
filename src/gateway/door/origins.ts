import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";

const SHARED = {
  "access-control-expose-headers": "x-amzn-requestid,x-amzn-errortype,x-amzn-errormessage,date",
} as const;

const PREFLIGHT = {
  "access-control-allow-methods": "GET,POST,PUT,DELETE,HEAD,PATCH",
  "access-control-allow-headers":
    "authorization,content-type,x-amz-date,x-amz-target,x-amz-security-token,x-amz-user-agent,x-amz-content-sha256,x-amzn-query-mode,amz-sdk-invocation-id,amz-sdk-request",
  "access-control-max-age": "86400",
} as const;

/**
 * Lets scripts read the answer to a request where their page is of our own origin, or of one that the operator names; of no other, and never of
 * all. To be called before the answer is begun, so that errors have it too.
 * Source: Fetch Standard, "CORS protocol".
 */
export type ShareAnswers = (request: IncomingMessage, response: ServerResponse) => void;

/** @param named origins as browsers write them: `https://console.example.com` */
export function shareAnswers(named: readonly string[]): ShareAnswers {
  const friends = new Set(named);
  return (request, response) => {
    response.setHeader("vary", "Origin");
    const { origin } = request.headers;
    if (origin === undefined || !(friends.has(origin) || origin === ownOrigin(request))) return;
    const preflight = request.method === "OPTIONS" ? PREFLIGHT : {};
    for (const [name, value] of Object.entries({ "access-control-allow-origin": origin, ...SHARED, ...preflight }))
      response.setHeader(name, value);
  };
}

/** Of the endpoint as this client calls it. The door has seen to it that the name is ours. */
function ownOrigin({ socket, headers }: IncomingMessage): string {
  return `${socket instanceof TLSSocket ? "https" : "http"}://${headers.host?.toLowerCase() ?? ""}`;
}
