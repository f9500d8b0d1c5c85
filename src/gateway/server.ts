import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { LAYER_DOWNLOADS } from "../state/layer-download.ts";
import { BodyTooLargeError, BodyTooSlowError, LARGEST_BODY, readBody } from "./body.ts";
import { BodyCrowdedOutError, BodyRoom } from "./body-room.ts";
import { isForConsole, type Console } from "./console/console.ts";
import { sendStream } from "./console/send-stream.ts";
import { noteKnown } from "./connections.ts";
import { DisconnectedError } from "./disconnected.ts";
import type { Gateway } from "./gateway.ts";
import { guardedServer, type GuardedServerOptions } from "./door/guarded-server.ts";
import { shareAnswers } from "./door/origins.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { ArrivingRequest, WireHead } from "./protocols/protocol.ts";
import { readHeaders } from "./request-headers.ts";
import { isInTurn, Strangers } from "./strangers.ts";

/** What the door does for those who come through it. */
type Door = Pick<ArrivingRequest, "known" | "turn">;

/**
 * Answers requests below `/v2/`, and those for layers by a signed URL; it reads the body itself, as a stream, once it knows who asks. Whom it
 * refuses for having shown nothing, waits for a turn.
 */
export type RegistryHandler = (request: IncomingMessage, response: ServerResponse, door: Door) => void;

export interface ServerOptions extends GuardedServerOptions {
  readonly gateway: Gateway;
  readonly registry: RegistryHandler;
  /** Pages for browsers; none are served where absent. */
  readonly console?: Console | undefined;
  /** The public key of this id, in PEM, by which load balancers tell targets about users. */
  readonly publicKey?: ((id: string) => string | undefined) | undefined;
  /** Told of failures outside of any operation. */
  readonly failed: (cause: unknown) => void;
  /** Of pages whose scripts may read the answers of the APIs, besides our own. */
  readonly origins?: readonly string[] | undefined;
}

/** The one HTTP endpoint. Not listening yet. */
export function httpServer({
  gateway,
  registry,
  console,
  publicKey,
  failed,
  limits: changes,
  hostNames,
  upgrades,
  origins = [],
}: ServerOptions): Server {
  const limits = { ...LIMITS, ...changes };
  const parts = { gateway, console, limits, room: new BodyRoom(limits.bodyBytes), strangers: new Strangers(limits.strangers) };
  const share = shareAnswers(origins);
  // `docker` sends `Expect: 100-continue` never; SDKs do for large bodies, and Node answers them.
  const listener: RequestListener = (request, response) => {
    if (isForRegistry(request)) {
      registry(request, response, doorOf(parts.strangers, request));
      return;
    }
    share(request, response);
    if (request.method === "GET" && request.url?.startsWith(PUBLIC_KEYS) === true) {
      const pem = publicKey?.(request.url.slice(PUBLIC_KEYS.length));
      response.writeHead(pem === undefined ? 404 : 200, { "content-type": "text/plain" }).end(pem);
      return;
    }
    answer(parts, request, response).catch((cause: unknown) => {
      // The client went away in the middle: nobody is left to answer. (A request whose body was read is destroyed in any case.)
      if (cause instanceof DisconnectedError || request.socket.destroyed || response.destroyed) return;
      failed(cause);
      response.writeHead(500, { connection: "close" }).end();
    });
  };
  return guardedServer(listener, { limits: changes, hostNames, upgrades });
}

/** Where anybody finds them, as at AWS's `https://public-keys.auth.elb.<region>.amazonaws.com/<id>`. */
const PUBLIC_KEYS = "/elb-public-keys/";

/** Some of AWS's APIs are below `/v2/` as well (API Gateway's, SES's); no client of a registry signs as theirs do. */
function isForRegistry({ url = "", headers }: IncomingMessage): boolean {
  if (url.startsWith(LAYER_DOWNLOADS)) return true;
  return (url === "/v2" || url.startsWith("/v2/")) && headers.authorization?.startsWith("AWS4-") !== true;
}

interface AnswerParts {
  readonly gateway: Gateway;
  readonly console: Console | undefined;
  readonly limits: Limits;
  readonly room: BodyRoom;
  readonly strangers: Strangers;
}

async function answer(parts: AnswerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const door = doorOf(parts.strangers, request);
  if (request.method === "OPTIONS") {
    await door.turn();
    response.writeHead(204).end();
    return;
  }
  const head = readHead(request);
  if (!head) {
    await door.turn();
    response.writeHead(400, { connection: "close", "content-length": 0 }).end();
    return;
  }
  try {
    const arriving = { ...head, ...door, readBody: (largest: number) => readBody(request, largest, parts) };
    const { remoteAddress = "", localAddress } = request.socket;
    const answered =
      parts.console && isForConsole(head.target)
        ? await parts.console.answer(arriving, remoteAddress)
        : await parts.gateway(arriving, remoteAddress, localAddress);
    if ("open" in answered) {
      sendStream(answered, request, response);
      return;
    }
    const length = Buffer.byteLength(answered.body);
    // What has not changed is as long as it was. Source: RFC 9110, section 8.6.
    const about = answered.status === 304 ? {} : { "content-length": length };
    response.writeHead(answered.status, { ...answered.headers, ...about });
    response.end(request.method === "HEAD" ? undefined : answered.body);
  } catch (thrown) {
    const refusal = bodyRefusal(thrown);
    if (!refusal) throw thrown;
    const body = JSON.stringify({ __type: refusal.code, message: refusal.message });
    const headers = { "content-type": "application/x-amz-json-1.1", "content-length": Buffer.byteLength(body) };
    response.writeHead(refusal.status, { ...headers, connection: "close" });
    if (refusal.status === 413) {
      response.end(body);
      return;
    }
    // Whoever takes too long or too much is not waited for.
    response.write(body);
    request.socket.destroySoon();
  }
}

/** What is said of a body that did not come to its end. Codes: those that SDKs try again after, where that may help. */
function bodyRefusal(cause: unknown): { readonly status: number; readonly code: string; readonly message: string } | undefined {
  if (cause instanceof BodyTooLargeError)
    return { status: 413, code: "RequestEntityTooLargeException", message: `The request body is larger than ${LARGEST_BODY} bytes.` };
  if (cause instanceof BodyTooSlowError)
    return { status: 408, code: "RequestTimeoutException", message: "The request body was not read to its end in time." };
  if (cause instanceof BodyCrowdedOutError)
    return { status: 503, code: "ServiceUnavailable", message: "Too many request bodies are under way. Please try again." };
  return undefined;
}

function doorOf(strangers: Strangers, request: IncomingMessage): Door {
  const { socket } = request;
  return {
    known: () => noteKnown(socket),
    async turn() {
      if (!(await isInTurn(strangers, socket))) throw new DisconnectedError();
    },
  };
}

function readHead(request: IncomingMessage): WireHead | undefined {
  const target = request.url ?? "/";
  const url = parseUrl(target);
  if (!url) return undefined;
  return { method: request.method ?? "GET", target, url, headers: readHeaders(request.rawHeaders), ...transportOf(request) };
}

function transportOf({ socket }: IncomingMessage): Pick<WireHead, "secure" | "tls"> {
  if (!(socket instanceof TLSSocket)) return { secure: false };
  return { secure: true, tls: { version: socket.getProtocol() ?? "", cipher: socket.getCipher().standardName } };
}

/** The host is of no interest here; what is not a path (`*`, `http://…`) gives `undefined`. */
function parseUrl(path: string): URL | undefined {
  return path.startsWith("/") && URL.canParse(`http://airfield${path}`) ? new URL(`http://airfield${path}`) : undefined;
}
