import { createServer, type RequestListener, type Server } from "node:http";
import { LIMITS, type Limits } from "./limits.ts";

/** An HTTP server that holds every client to the limits. Not listening yet. The time of bodies is for the listener to look after. */
export function limitedServer(listener: RequestListener, changes: Partial<Limits> = {}): Server {
  const limits = { ...LIMITS, ...changes };
  const options = {
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
  const server = createServer(options, listener);
  server.maxConnections = limits.connections;
  server.timeout = limits.idleMs;
  return server;
}
