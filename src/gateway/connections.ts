import type { Socket } from "node:net";
import { isLoopback } from "./loopback.ts";

/** What a connection is worth when room is needed: the first of these to go first. Those whose known client waits for an answer stay. */
const WORTH = ["silent", "idle-stranger", "asking-stranger", "idle-known"] as const;
type Worth = (typeof WORTH)[number] | "asking-known";

interface Connection {
  socket: Socket;
  readonly address: string;
  /** Requests that wait for their answers. */
  asking: number;
  spoke: boolean;
  known: boolean;
  worth: Worth;
}

/** The part of all room that one address beyond loopback may have where others want some. All of this machine's clients share loopback. */
const LARGEST_SHARE = 0.75;

/** By socket, whichever server it came to. */
const connections = new WeakMap<Socket, { readonly room: ConnectionRoom; readonly connection: Connection }>();

/** Says that whoever is at the other end of a connection is known: it has shown a good signature or token. */
export function noteKnown(socket: Socket): void {
  const found = connections.get(socket);
  if (!found) return;
  found.connection.known = true;
  found.room.settle(found.connection);
}

/**
 * The connections of one server. Where there is no room for a new one, another goes: first those that never asked anything, then strangers',
 * then idle ones; of these from the address that has most of them, the one that is so for longest. So silent ones cost nobody else the door.
 * Constant cost a connection and a request, plus the number of addresses where there is no room.
 */
export class ConnectionRoom {
  readonly #most: number;
  readonly #all = new Map<Worth, Map<string, Set<Connection>>>([...WORTH, "asking-known" as const].map((worth) => [worth, new Map()]));
  readonly #count = new Map<string, number>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Lets a connection in, or closes it where nobody may go for it. One that is in already stays. */
  enter(socket: Socket): void {
    if (connections.has(socket)) return;
    const address = socket.remoteAddress ?? "";
    const full = this.#size >= this.#most;
    const tooMany = !isLoopback(address) && (this.#count.get(address) ?? 0) >= Math.max(1, Math.floor(this.#most * LARGEST_SHARE));
    if ((tooMany && !this.#turnOut(address)) || (full && !tooMany && !this.#turnOut())) {
      socket.destroy();
      return;
    }
    const connection: Connection = { socket, address, asking: 0, spoke: false, known: false, worth: "silent" };
    this.#add(connection);
    this.#size += 1;
    this.#count.set(address, (this.#count.get(address) ?? 0) + 1);
    connections.set(socket, { room: this, connection });
    socket.once("close", () => this.#leave(connection));
  }

  /** The same connection under another name: what speaks TLS over it. */
  rename(before: Socket, after: Socket): void {
    const found = connections.get(before);
    if (!found) return;
    found.connection.socket = after;
    connections.set(after, found);
  }

  settle(connection: Connection): void {
    const worth = worthOf(connection);
    // One that was turned out may still end its requests.
    if (worth === connection.worth || !this.#remove(connection)) return;
    connection.worth = worth;
    this.#add(connection);
  }

  #leave(connection: Connection): void {
    if (!this.#remove(connection)) return;
    this.#size -= 1;
    const left = (this.#count.get(connection.address) ?? 1) - 1;
    if (left > 0) this.#count.set(connection.address, left);
    else this.#count.delete(connection.address);
  }

  /** Closes the connection that is worth least. @returns false where none may go */
  #turnOut(address?: string): boolean {
    for (const worth of WORTH) {
      const places = this.#all.get(worth) ?? new Map<string, Set<Connection>>();
      let largest: Set<Connection> | undefined;
      for (const place of address === undefined ? places.values() : [places.get(address)])
        if (place && place.size > (largest?.size ?? 0)) largest = place;
      const [oldest] = largest ?? [];
      if (!oldest) continue;
      this.#leave(oldest);
      oldest.socket.destroy();
      return true;
    }
    return false;
  }

  #add(connection: Connection): void {
    const places = this.#all.get(connection.worth);
    const place = places?.get(connection.address);
    if (place) place.add(connection);
    else places?.set(connection.address, new Set([connection]));
  }

  #remove(connection: Connection): boolean {
    const places = this.#all.get(connection.worth);
    const place = places?.get(connection.address);
    if (place?.delete(connection) !== true) return false;
    if (place.size === 0) places?.delete(connection.address);
    return true;
  }
}

/** A request has come over a connection. @returns how many wait for their answers now */
export function noteRequest(socket: Socket): number {
  const found = connections.get(socket);
  if (!found) return 1;
  found.connection.spoke = true;
  found.connection.asking += 1;
  found.room.settle(found.connection);
  return found.connection.asking;
}

/** One of its requests was answered, or given up. */
export function noteAnswer(socket: Socket): void {
  const found = connections.get(socket);
  if (!found) return;
  found.connection.asking -= 1;
  found.room.settle(found.connection);
}

function worthOf({ asking, spoke, known }: Connection): Worth {
  if (known) return asking > 0 ? "asking-known" : "idle-known";
  if (!spoke) return "silent";
  return asking > 0 ? "asking-stranger" : "idle-stranger";
}
