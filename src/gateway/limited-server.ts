import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { ConnectionRoom, noteAnswer, noteRequest } from "./connections.ts";
import { upgradableRequest, type Upgrades } from "./door/upgrades.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { PatientResponse } from "./patient-response.ts";

const rooms = new WeakMap<Server, ConnectionRoom>();
/** Requests that were let in: one server may hand its own on to another. */
const letIn = new WeakSet<IncomingMessage>();

/** The room that a server's connections share, for doors that let in others' connections. */
export function connectionRoom(server: Server): ConnectionRoom | undefined {
  return rooms.get(server);
}

/** An HTTP server that holds every client to the limits. Not listening yet. The time of bodies is for the listener to look after. */
export function limitedServer(listener: RequestListener, changes: Partial<Limits> = {}, upgrades?: Upgrades): Server {
  const limits = { ...LIMITS, ...changes };
  const options = {
    ServerResponse: PatientResponse,
    ...(upgrades && { IncomingMessage: upgradableRequest(upgrades) }),
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: limits.headersMs,
    // Looked after every quarter of the shortest time, since Node looks every 30 seconds by itself.
    connectionsCheckingInterval: Math.min(limits.headersMs / 4, 30_000),
    requestTimeout: 0,
    maxHeaderSize: limits.headerBytes,
    noDelay: true,
    // The door asks for it, with an answer of its own.
    requireHostHeader: false,
  };
  const server = createServer(options, (request, response) => {
    if (letIn.has(request)) {
      listener(request, response);
      return;
    }
    letIn.add(request);
    const { socket } = request;
    const waiting = noteRequest(socket);
    response.once("close", () => noteAnswer(socket));
    if (waiting > limits.pipelined) {
      socket.destroy();
      return;
    }
    // Source: RFC 6585, section 5.
    if (request.rawHeaders.length > 2 * limits.headers) response.writeHead(431, { connection: "close", "content-length": 0 }).end();
    else listener(request, response);
  });
  // Node drops headers beyond its limit without a word: one more than ours is read, and the request refused.
  server.maxHeadersCount = limits.headers + 1;
  server.timeout = limits.idleMs;
  const room = new ConnectionRoom(limits.connections);
  rooms.set(server, room);
  server.on("connection", (socket) => room.enter(socket));
  if (upgrades) server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => upgrades.take(request, socket, head));
  return server;
}
