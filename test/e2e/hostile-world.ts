import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { USUAL_HANDLING } from "../../src/domain/request-handling.ts";
import type { ProxyRoute } from "../../src/ports/traffic-proxy.ts";
import { backend } from "../../src/testing/traffic-proxy-contract.ts";
import { haproxyWorld } from "./traffic-world.ts";

/** What a rule keeps from the target. */
export const FORBIDDEN = "/forbidden";

export interface HostileWorld extends AsyncDisposable {
  readonly port: number;
  /** The paths of all requests that the target took for some. */
  readonly seen: readonly string[];
  /** What comes for some octets until the connection is closed; our side is, with `end`, as soon as they are sent. */
  said(octets: string | Buffer, end?: boolean): Promise<string>;
  open(): Socket;
}

/** A listener whose rule answers 403 for one path, and forwards the rest to a target that reads requests as carelessly as Node can. */
export async function hostileWorld({ idleTimeout = 60, isStrict = false } = {}): Promise<HostileWorld> {
  const world = await haproxyWorld();
  const seen: string[] = [];
  const server = createServer({ insecureHTTPParser: true, keepAlive: true }, (request, response) => {
    if (request.url !== "/health") seen.push(request.url ?? "");
    request.on("error", () => undefined).resume();
    response.end("welcome");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = await world.freePort();
  const handling = { ...USUAL_HANDLING, isStrict };
  const under = { hosts: [], idleTimeout, handling };
  const routes: readonly ProxyRoute[] = [
    { ...under, conditions: [{ kind: "path", patterns: [`${FORBIDDEN}*`] }], action: { kind: "fixed-response", status: 403 } },
    { ...under, action: { kind: "forward", backends: [{ id: "web", weight: 1 }] } },
  ];
  const target = { address: "127.0.0.1", port: (server.address() as AddressInfo).port };
  await world.proxy.apply({
    listeners: [{ id: "main", addresses: ["127.0.0.1"], port, routes }],
    backends: [backend("web", [{ id: "one", ...target, draining: false, health: "healthy" }])],
  });
  const open = (): Socket => connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => undefined);
  return {
    port,
    seen,
    open,
    said: async (octets, end = false) => {
      const socket = open();
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      socket.on("end", () => socket.end());
      socket.write(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
      if (end) socket.end();
      if (!socket.closed) await new Promise((closed) => socket.on("close", closed));
      return text;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await world[Symbol.asyncDispose]();
    },
  };
}
