import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { answerQuery, type Resolution } from "./answer.ts";

export interface DnsServerOptions {
  /** Where to listen, on UDP and TCP. */
  readonly addresses: readonly string[];
  /** 53 where containers shall use it; 0 for any, the same one on all addresses is not promised then. */
  readonly port: number;
  /** @param name in lower case; @param client the address that asks */
  readonly resolve: (name: string, client: string) => Resolution;
  /** Told when a socket fails after it was opened, and when `resolve` does. */
  readonly failed?: (cause: Error) => void;
}

export interface DnsServer extends AsyncDisposable {
  readonly endpoints: readonly { readonly address: string; readonly port: number }[];
}

/** The longest that a TCP connection may be silent, milliseconds. RFC 7766, section 6.2.3. */
const IDLE = 10_000;
const MOST_CONNECTIONS = 100;

/** Opens the name server. Rejects, with nothing left open, where an address or a port cannot be had. */
export async function dnsServer({ addresses, port, resolve, failed = () => undefined }: DnsServerOptions): Promise<DnsServer> {
  const opened: Endpoint[] = [];
  try {
    for (const address of addresses) opened.push(await open(address, port, resolve, failed));
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

async function open(
  address: string,
  wanted: number,
  resolve: DnsServerOptions["resolve"],
  failed: (cause: Error) => void,
): Promise<Endpoint> {
  const answer: Answer = (query, client) => {
    try {
      return answerQuery(query, (name) => resolve(name, client));
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
  udp.on("message", (query, { port: fromPort, address: from }) => {
    const reply = answer(query, from);
    if (reply) udp.send(reply, fromPort, from, (cause) => cause && failed(cause));
  });
  udp.on("error", failed);
  tcp.server.on("error", failed);
  return { address, port, close: () => closeBoth(tcp, udp) };
}

/** The answer to a client's query; `undefined` for what is none. */
type Answer = (query: Uint8Array, client: string) => Uint8Array | undefined;

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

/** Each message follows its length in two octets (RFC 1035, section 4.2.2). */
function serve(connection: Socket, answer: Answer): void {
  // Gone with the connection, so it is asked for while there is one.
  const client = connection.remoteAddress ?? "";
  let pending = Buffer.alloc(0);
  connection.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE()) {
      const end = 2 + pending.readUInt16BE();
      const reply = answer(pending.subarray(2, end), client);
      pending = pending.subarray(end);
      if (!reply) return void connection.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      connection.write(Buffer.concat([length, reply]));
    }
  });
}

async function closeBoth(tcp: TcpServer, udp: UdpSocket): Promise<void> {
  const closed = Promise.all([once(tcp.server, "close"), once(udp, "close")]);
  tcp.close();
  udp.close();
  await closed;
}
