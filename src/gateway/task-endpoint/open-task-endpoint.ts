import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import { guardedServer, type GuardedServerOptions } from "../door/guarded-server.ts";

export interface TaskDoors extends GuardedServerOptions {
  /** The address that containers know. */
  readonly address: string;
  /** The port of the APIs elsewhere: asked for here too, so that it is the same in every life of the control plane. */
  readonly port: number;
  readonly listener: RequestListener;
}

export interface OpenTaskEndpoint extends AsyncDisposable {
  readonly address: string;
  /** The port to tell where a port is told: that of the APIs, or 80 where another listener has that one. */
  readonly port: number;
  /** All that answer. */
  readonly ports: readonly number[];
  /** Whether port 80 answers: it has room for one Airfield on a host, and often only for root. */
  readonly standard: boolean;
}

const STANDARD_PORT = 80;

/** Opens the doors through which containers come. @throws what listening throws, where neither port can be had */
export async function openTaskEndpoint({ address, port, listener, limits, hostNames }: TaskDoors): Promise<OpenTaskEndpoint> {
  const open = (at: number): Promise<Server> => listen(guardedServer(listener, { limits, hostNames }), address, at);
  const standard = await open(STANDARD_PORT).catch(unlessTaken);
  const apis = await (standard ? open(port).catch(unlessTaken) : open(port));
  const servers = [apis, standard].filter((server) => server !== undefined);
  return {
    address,
    port: apis ? port : STANDARD_PORT,
    ports: [...(apis ? [port] : []), ...(standard ? [STANDARD_PORT] : [])],
    standard: standard !== undefined,
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      }
    },
  };
}

function unlessTaken(cause: NodeJS.ErrnoException): undefined {
  if (cause.code === "EADDRINUSE" || cause.code === "EACCES") return undefined;
  throw cause;
}

async function listen(server: Server, host: string, port: number): Promise<Server> {
  server.listen({ host, port, exclusive: true });
  await once(server, "listening");
  return server;
}
