import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BodyCrowdedOutError, type BodyRoom } from "./body-room.ts";
import { DisconnectedError } from "./disconnected.ts";
import type { Limits } from "./limits.ts";
import type { WireBody } from "./protocols/protocol.ts";

/** AWS's largest request here is a layer part of 20 MB in base64. */
export const LARGEST_BODY = 32 * 1024 * 1024;

export class BodyTooLargeError extends Error {}
/** It does not end in time, or comes in such small pieces that each costs more than it brings. */
export class BodyTooSlowError extends Error {}

/** Pieces of less than 64 bytes on average are no more taken after so many: each costs the parser as much as a large one. */
const TINY = { bytes: 64, pieces: 1000 };
/** What a body is gathered in: a piece that stayed as it came would hold on to all that was read with it. */
const SLAB_BYTES = 256 * 1024;

export interface BodyReading {
  readonly room: BodyRoom;
  readonly limits: Pick<Limits, "bodyMs" | "bodyPace">;
}

/**
 * Reads a whole body and its hash, which is made while it comes: no piece keeps others waiting. `undefined` as soon as the body is known to be
 * larger than `largest` bytes; the rest of it is then not read.
 * @throws BodyTooSlowError, DisconnectedError, BodyCrowdedOutError
 */
export async function readBody(message: IncomingMessage, largest: number, { room, limits }: BodyReading): Promise<WireBody | undefined> {
  const announced = Number(message.headers["content-length"] ?? 0);
  if (announced > largest) return undefined;
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    const gathered = new Gathered(announced);
    const place = room.enter(message.socket.remoteAddress ?? "", () => settle(() => reject(new BodyCrowdedOutError())));
    let pieces = 0;
    let paced = 0;
    const settle = (how: () => void): void => {
      place.leave();
      clearTimeout(deadline);
      clearInterval(pace);
      message.off("data", take).off("end", end).off("close", cut).off("error", cut);
      message.pause();
      how();
    };
    const take = (piece: Buffer): void => {
      pieces += 1;
      const size = gathered.size + piece.length;
      if (size > largest) return settle(() => resolve(undefined));
      if (pieces > TINY.pieces && size < pieces * TINY.bytes) return settle(() => reject(new BodyTooSlowError()));
      hash.update(piece);
      place.grow(gathered.add(piece));
    };
    const end = (): void => settle(() => resolve({ body: gathered.whole(), bodyHash: hash.digest("hex") }));
    const cut = (): void => settle(() => reject(new DisconnectedError()));
    const deadline = setTimeout(() => settle(() => reject(new BodyTooSlowError())), limits.bodyMs);
    const pace = setInterval(() => {
      if (gathered.size - paced < limits.bodyPace.bytes) settle(() => reject(new BodyTooSlowError()));
      paced = gathered.size;
    }, limits.bodyPace.ms);
    message.on("data", take).on("end", end).on("close", cut).on("error", cut);
  });
}

/** Bytes in few buffers, however small the pieces in which they come. */
class Gathered {
  readonly #slabs: Buffer[] = [];
  /** Bytes that the first slab has: all of them where the client said how many there will be. */
  readonly #first: number;
  #free = 0;
  size = 0;

  constructor(announced: number) {
    this.#first = Math.min(Math.max(announced, 1024), SLAB_BYTES);
  }

  /** Copies a piece. @returns bytes of memory that were taken up for it */
  add(piece: Buffer): number {
    let taken = 0;
    for (let at = 0; at < piece.length;) {
      if (this.#free === 0) {
        this.#free = this.#slabs.length === 0 ? this.#first : SLAB_BYTES;
        this.#slabs.push(Buffer.allocUnsafeSlow(this.#free));
        taken += this.#free;
      }
      const slab = this.#slabs.at(-1) ?? Buffer.alloc(0);
      const copied = piece.copy(slab, slab.length - this.#free, at);
      this.#free -= copied;
      this.size += copied;
      at += copied;
    }
    return taken;
  }

  whole(): Buffer {
    const [first = Buffer.alloc(0)] = this.#slabs;
    return this.#slabs.length <= 1 ? first.subarray(0, this.size) : Buffer.concat(this.#slabs, this.size);
  }
}
