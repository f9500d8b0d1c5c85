import { request as httpRequest, STATUS_CODES, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { once } from "node:events";
import { connect } from "node:net";
import type { EndpointProber, Probe, ProbeResult } from "../../ports/endpoint-prober.ts";

/** Milliseconds. Source: Route 53 Developer Guide, "How Amazon Route 53 determines the status of health checks". */
const CONNECT_WITHIN = 4000;
const ANSWER_WITHIN = 2000;
/** TCP checks have ten seconds. */
const TCP_WITHIN = 10_000;
const LOOKED_THROUGH = 5120;

export const endpointProber: EndpointProber = {
  async probe(probe) {
    try {
      return await (probe.kind === "TCP" ? tcp(probe) : http(probe));
    } catch (cause) {
      const { name, message, code } = cause as NodeJS.ErrnoException;
      const timedOut = name === "TimeoutError" || name === "AbortError";
      return {
        healthy: false,
        text: timedOut
          ? "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your firewall."
          : (code ?? message),
      };
    }
  },
};

async function tcp({ address, port }: Probe): Promise<ProbeResult> {
  const socket = connect(port, address);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(TCP_WITHIN) });
    return { healthy: true, text: "TCP connection established" };
  } finally {
    // What comes after is nobody's.
    socket.on("error", () => undefined);
    socket.destroy();
  }
}

async function http({ kind, address, port, host, serverName, path = "/", search }: Probe): Promise<ProbeResult> {
  const options: RequestOptions & { readonly rejectUnauthorized?: boolean; readonly servername?: string } = {
    ...{ host: address, port, path, method: "GET", agent: false },
    headers: { host: host ?? address, "user-agent": "Amazon-Route53-Health-Check-Service (Airfield)", connection: "close" },
    signal: AbortSignal.timeout(CONNECT_WITHIN + ANSWER_WITHIN),
    // Route 53 does not look at certificates either: one that has ended is still an endpoint that answers.
    ...(kind === "HTTPS" ? { rejectUnauthorized: false, servername: serverName ?? "" } : {}),
  };
  const request = (kind === "HTTPS" ? httpsRequest : httpRequest)(options);
  // A connection that ends after its answer began is told by the answer.
  request.on("error", () => undefined);
  request.end();
  try {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const { statusCode = 0 } = response;
    const status = `HTTP Status Code ${statusCode}, ${STATUS_CODES[statusCode] ?? ""}`.trim();
    if (statusCode < 200 || statusCode > 399) return { healthy: false, text: status };
    if (search === undefined) return { healthy: true, text: status };
    return (await beginningOf(response)).includes(search)
      ? { healthy: true, text: status }
      : { healthy: false, text: `${status}. The search string was not found in the first ${LOOKED_THROUGH} bytes of the response body.` };
  } finally {
    request.destroy();
  }
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= LOOKED_THROUGH) break;
  }
  return Buffer.concat(chunks).subarray(0, LOOKED_THROUGH).toString("utf8");
}
