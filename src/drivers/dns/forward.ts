import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { getServers } from "node:dns";
import { once } from "node:events";
import { connect, isIP } from "node:net";
import { randomInt } from "node:crypto";
import { messages } from "./stream.ts";

/** Asks other name servers. */
export interface Forwarder {
  /**
   * The answer of the first that gives one, as octets with the query's own id; `undefined` where none does in time, or too much is under way.
   * @param query as it came from the client
   */
  ask(query: Uint8Array, transport: "udp" | "tcp"): Promise<Uint8Array | undefined>;
}

export interface ForwarderOptions {
  /** `address:port`; those of this host where absent, as it has them when it is asked. */
  readonly servers?: () => readonly Upstream[];
  /** Milliseconds that each server has. */
  readonly timeout?: number;
}

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

const TIMEOUT = 2000;
/** Under way at once: an answer is never waited for longer than all servers take, so that what comes faster than it goes away is turned away. */
const MOST_AT_ONCE = 200;
/** Of one name and type at once, in different words: where a resolver of this host asks us in turn, a question would go round for ever. */
const MOST_ALIKE = 32;
const MOST_SERVERS = 3;

/** Forwards to the resolvers of this host. Nothing is kept: what was answered once is asked again. */
export function forwarder({ servers = hostServers, timeout = TIMEOUT }: ForwarderOptions = {}): Forwarder {
  const underWay = new Map<string, Promise<Buffer | undefined>>();
  const alike = new Map<string, number>();

  async function askAll(query: Uint8Array, transport: "udp" | "tcp"): Promise<Buffer | undefined> {
    // An id of our own: a client's may be guessed by who wants to answer in the server's place (RFC 5452).
    const asked = withId(query, randomInt(65_536));
    for (const server of servers().slice(0, MOST_SERVERS)) {
      const answer = await (transport === "udp" ? overUdp : overTcp)(asked, server, timeout);
      if (answer) return answer;
    }
    return undefined;
  }

  return {
    async ask(query, transport) {
      const bytes = Buffer.from(query);
      // Who asks in the same words is told the same answer.
      const words = `${transport} ${bytes.toString("latin1", 2)}`;
      let asking = underWay.get(words);
      if (!asking) {
        const name = bytes.toString("latin1", 12, questionEnd(bytes)).toLowerCase();
        const already = alike.get(name) ?? 0;
        if (underWay.size >= MOST_AT_ONCE || already >= MOST_ALIKE) return undefined;
        alike.set(name, already + 1);
        asking = askAll(query, transport).finally(() => {
          underWay.delete(words);
          const left = (alike.get(name) ?? 1) - 1;
          if (left > 0) alike.set(name, left);
          else alike.delete(name);
        });
        underWay.set(words, asking);
      }
      const answer = await asking;
      return answer && withId(answer, bytes.readUInt16BE());
    },
  };
}

/** What the host's resolver configuration names, of IPv4: `10.0.0.2`, or `10.0.0.2:5353`. */
export function hostServers(): readonly Upstream[] {
  return getServers().flatMap((text): readonly Upstream[] => {
    const [address = "", port = "53"] = text.split(":");
    return isIP(address) === 4 ? [{ address, port: Number(port) }] : [];
  });
}

function withId(message: Uint8Array, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id);
  return copy;
}

async function overUdp(query: Buffer, { address, port }: Upstream, timeout: number): Promise<Buffer | undefined> {
  const socket: UdpSocket = createSocket("udp4");
  try {
    return await within(timeout, async (signal) => {
      socket.connect(port, address);
      await once(socket, "connect", { signal });
      socket.send(query);
      for (;;) {
        const [message] = (await once(socket, "message", { signal })) as [Buffer];
        if (answers(message, query)) return message;
      }
    });
  } finally {
    socket.close();
  }
}

async function overTcp(query: Buffer, { address, port }: Upstream, timeout: number): Promise<Buffer | undefined> {
  const socket = connect(port, address);
  try {
    return await within(timeout, async (signal) => {
      await once(socket, "connect", { signal });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
      const read = messages();
      for (;;) {
        const [chunk] = (await once(socket, "data", { signal })) as [Buffer];
        const found = [...read(chunk)].find((message) => answers(message, query));
        if (found) return found;
      }
    });
  } finally {
    // What comes after is nobody's.
    socket.on("error", () => undefined);
    socket.destroy();
  }
}

/** `undefined` where it fails, or takes too long: the next server is asked. */
async function within<T>(timeout: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  try {
    return await work(AbortSignal.timeout(timeout));
  } catch {
    // Refused, unreachable or silent: there is nothing to tell of it but that it gave no answer.
    return undefined;
  }
}

/** Whether it is the answer to this query: of its id and its question, letter by letter. */
function answers(message: Buffer, query: Buffer): boolean {
  if (message.length < 12 || ((message[2] ?? 0) & 0x80) === 0 || message.readUInt16BE() !== query.readUInt16BE()) return false;
  const end = questionEnd(query);
  return message.length >= end && message.subarray(12, end).equals(query.subarray(12, end));
}

/** Where the question of a query ends, which was read before: a name without pointers, a type and a class. */
function questionEnd(query: Buffer): number {
  let at = 12;
  while ((query[at] ?? 0) !== 0) at += 1 + (query[at] ?? 0);
  return Math.min(at + 5, query.length);
}
