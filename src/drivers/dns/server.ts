import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { respond, type Responding } from "./respond.ts";
import { framed, messages } from "./stream.ts";

export interface DnsServerOptions extends Responding {
  /** Where to listen, on UDP and TCP. */
  readonly addresses: readonly string[];
  /** 53 where containers shall use it; 0 for any, the same one on all addresses is not promised then. */
  readonly port: number;
  /** Told when a socket fails after it was opened, and when `resolve` does. */
  readonly failed?: (cause: Error) => void;
}

export interface DnsServer extends AsyncDisposable {
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
}

/** The longest that a TCP connection may be silent, milliseconds. RFC 7766, section 6.2.3. */
const IDLE = 10_000;
const MOST_CONNECTIONS = 100;
/** Of one endpoint's datagrams, answers that wait for others; what comes beyond is dropped, and asked again by who needs it. */
const MOST_PENDING = 500;

/** Opens the name server. Rejects, with nothing left open, where an address or a port cannot be had. */
export async function dnsServer({ addresses, port, failed = () => undefined, ...responding }: DnsServerOptions): Promise<DnsServer> {
  const opened: Endpoint[] = [];
  try {
    for (const address of addresses) opened.push(await open(address, port, responding, failed));
  } catch (cause) {
    await Promise.all(opened.map((endpoint) => endpoint.close()));
    throw cause;
  }
  return {
    endpoints: opened.map(({ address, port: bound }) => ({ address, port: bound })),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((endpoint) => endpoint.close()));
    },
  };
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The answer to a client's message; `undefined` for what gets none. Never rejects. */
type Answer = (message: Uint8Array, client: string, transport: "udp" | "tcp") => Promise<Uint8Array | undefined>;

async function open(address: string, wanted: number, responding: Responding, failed: (cause: Error) => void): Promise<Endpoint> {
  const answer: Answer = async (message, client, transport) => {
    try {
      return await respond(message, client, transport, responding);
    } catch (cause) {
      // Nobody waits for this but a stranger's socket: thrown on, it would end the process.
      failed(cause as Error);
      return undefined;
    }
  };
  const tcp = tcpServer(answer);
  tcp.server.listen(wanted, address);
  await once(tcp.server, "listening");
  const { port } = tcp.server.address() as AddressInfo;
  const udp = createSocket("udp4");
  try {
    udp.bind(port, address);
    await once(udp, "listening");
  } catch (cause) {
    tcp.close();
    udp.close();
    throw cause;
  }
  let closed = false;
  let pending = 0;
  udp.on("message", (query, { port: fromPort, address: from }) => {
    if (pending >= MOST_PENDING) return;
    pending += 1;
    void answer(query, from, "udp").then((reply) => {
      pending -= 1;
      if (reply && !closed) udp.send(reply, fromPort, from, (cause) => cause && failed(cause));
    });
  });
  udp.on("error", failed);
  tcp.server.on("error", failed);
  return {
    ...{ address, port },
    close() {
      closed = true;
      return closeBoth(tcp, udp);
    },
  };
}

interface TcpServer {
  readonly server: Server;
  close(): void;
}

function tcpServer(answer: Answer): TcpServer {
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    // A client that is gone is no failure of ours; "close" follows.
    connection.on("error", () => connection.destroy());
    connection.setTimeout(IDLE, () => connection.destroy());
    serve(connection, answer);
  });
  server.maxConnections = MOST_CONNECTIONS;
  return {
    server,
    close() {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

/** One message after another, so that a client that sends many waits, and nobody else; so does one that does not take its answers. */
function serve(connection: Socket, answer: Answer): void {
  // Gone with the connection, so it is asked for while there is one.
  const client = connection.remoteAddress ?? "";
  const read = messages();
  let before: Promise<void> = Promise.resolve();
  connection.on("data", (chunk: Buffer) => {
    connection.pause();
    const received = [...read(chunk)];
    before = before.then(async () => {
      for (const message of received) {
        const reply = await answer(message, client, "tcp");
        if (!reply) return void connection.destroy();
        if (!connection.destroyed && !connection.write(framed(reply))) await taken(connection);
      }
      connection.resume();
    });
  });
}

/** Resolves when what was written has gone out, or will not. */
async function taken(connection: Socket): Promise<void> {
  if (connection.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      connection.off("drain", done).off("close", done);
      resolve();
    };
    connection.once("drain", done).once("close", done);
  });
}

async function closeBoth(tcp: TcpServer, udp: UdpSocket): Promise<void> {
  const closed = Promise.all([once(tcp.server, "close"), once(udp, "close")]);
  tcp.close();
  udp.close();
  await closed;
}
