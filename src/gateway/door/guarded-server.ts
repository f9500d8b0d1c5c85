import { STATUS_CODES, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { parseHostHeader } from "../../domain/host-header.ts";
import { limitedServer } from "../limited-server.ts";
import type { Limits } from "../limits.ts";
import type { Upgrades } from "./upgrades.ts";
import { ownHosts, type Arrival, type OwnHosts } from "./own-hosts.ts";

/**
 * What every answer says to browsers: take it for what it says it is, and run, load or frame nothing of it.
 * Source: Fetch Standard, "X-Content-Type-Options"; Content Security Policy Level 3.
 */
const SAFE = [
  ["x-content-type-options", "nosniff"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
] as const;

export interface GuardedServerOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** What clients may call us besides what is ours anyway: see `ownHosts`. */
  readonly hostNames?: readonly string[] | undefined;
  /** Nobody's connection is for another protocol where absent. */
  readonly upgrades?: Upgrades | undefined;
}

/**
 * An HTTP server that answers who calls it by a name of its own, and says to browsers with every answer what they may do with it, also where
 * Node would answer itself. `docs/decisions/0019-strangers.md` tells why so. Not listening yet.
 */
export function guardedServer(listener: RequestListener, { limits = {}, hostNames = [], upgrades }: GuardedServerOptions = {}): Server {
  const visit = visits(ownHosts(hostNames));
  const guarded =
    (answer: RequestListener): RequestListener =>
    (request, response) => {
      for (const [name, value] of SAFE) response.setHeader(name, value);
      const refusal = visit(request);
      if (refusal) refuse(response, refusal);
      else answer(request, response);
    };
  // Who calls us by another's name is answered as to any request.
  const guardedUpgrades = upgrades && {
    ...upgrades,
    wants: (request: IncomingMessage) => upgrades.wants(request) && visit(request) === undefined,
  };
  const server = limitedServer(guarded(listener), limits, guardedUpgrades);
  // `Expect` with anything but `100-continue`.
  server.on(
    "checkExpectation",
    guarded((_request, response) => void response.writeHead(417, { connection: "close" }).end()),
  );
  server.on("clientError", answerMalformed);
  return server;
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Looks at the envelope of a request and at nothing else. Of each connection the last name that was ours is remembered. */
function visits(isOurs: OwnHosts): (request: IncomingMessage) => Refusal | undefined {
  const known = new WeakMap<Socket, string>();
  return (request) => {
    const { socket, url = "" } = request;
    // A client that takes us for a proxy has an absolute URL here, whose host would be another one than the header's.
    if (!url.startsWith("/")) return { status: 400, code: "BadRequest", message: "The request's target must be a path." };
    const text = onlyHost(request);
    if (text !== undefined && known.get(socket) === text) return undefined;
    const host = text === undefined ? undefined : parseHostHeader(text);
    if (text === undefined || !host)
      return { status: 400, code: "BadRequest", message: "The request must have one Host header, with a name." };
    if (!isOurs(host, arrivalOf(socket))) return { status: 421, code: "MisdirectedRequest", message: NOT_OURS };
    known.set(socket, text);
    return undefined;
  };
}

const NOT_OURS =
  "This is Airfield, which is not called by this host name. Whoever runs it can add names to AIRFIELD_HOST_NAMES; without that, use the URL that `airfield env` prints.";

/** The `Host` header; `undefined` where there is none, or more than one: Node takes the first, others may have looked at another. */
function onlyHost({ headers, rawHeaders }: IncomingMessage): string | undefined {
  let found = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && /^host$/i.test(rawHeaders[at] ?? "")) found += 1;
  return found === 1 ? headers.host : undefined;
}

function arrivalOf(socket: Socket): Arrival {
  return { localAddress: socket.localAddress, certificate: socket instanceof TLSSocket ? socket.getX509Certificate() : undefined };
}

/** In the forms of the JSON protocols and of the distribution API at once: who asks is not known, and people read it in both. */
function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ __type: code, message, errors: [{ code: "DENIED", message }] });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), connection: "close" });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

/** What Node answers by itself where nobody listens, with our headers. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket & { readonly _httpMessage?: ServerResponse | null }): void {
  // Where an answer has begun, another one would be a part of its body.
  if (socket.writable && socket._httpMessage?.headersSent !== true) {
    const status = STATUSES[error.code ?? ""] ?? 400;
    const headers = [["connection", "close"], ...SAFE].map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join("")}\r\n`);
  }
  socket.destroy(error);
}

/** Source: Node's `socketOnError`. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
