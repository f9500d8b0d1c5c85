import type { Readable } from "node:stream";
import type { SealedSource } from "../sealing/open.ts";
import type { Bucket, StoredObject } from "./bucket.ts";

/** How often a connection that breaks off is made anew, at the byte where it broke. */
const ATTEMPTS = 3;

/**
 * An object as a sealed blob. What is announced to be read in a row is one request, read as fast as its reader takes it; anything else is
 * one request each.
 */
export function objectSource(bucket: Bucket, name: string, { bytes, etag }: StoredObject): SealedSource {
  let row: { at: number; readonly until: number; body: Readable | undefined; rest: Buffer } | undefined;

  const fromRow = async (length: number): Promise<Buffer> => {
    if (!row) throw new Error("nothing was announced");
    const pieces = [row.rest];
    let gathered = row.rest.length;
    for (let attempt = 1; gathered < length;) {
      row.body ??= await bucket.get(name, row.at + gathered, row.until - 1, etag);
      try {
        const piece = await nextPiece(row.body);
        if (!piece) break;
        pieces.push(piece);
        gathered += piece.length;
        attempt = 1;
      } catch (cause) {
        row.body.destroy();
        row.body = undefined;
        if (attempt >= ATTEMPTS) throw cause;
        attempt += 1;
      }
    }
    const all = Buffer.concat(pieces, gathered);
    row.at += Math.min(length, gathered);
    row.rest = all.subarray(length);
    return all.subarray(0, length);
  };

  return {
    bytes,
    announce(at, until) {
      row = { at, until, body: undefined, rest: Buffer.alloc(0) };
    },
    async read(at, length) {
      if (length === 0 || at >= bytes) return Buffer.alloc(0);
      if (row?.at === at && at + length <= row.until) return fromRow(length);
      const body = await bucket.get(name, at, Math.min(at + length, bytes) - 1, etag);
      const pieces: Buffer[] = [];
      for await (const piece of body) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    },
    close() {
      row?.body?.destroy();
      return Promise.resolve();
    },
  };
}

/** The next bytes that came, however many; `undefined` at the end. */
async function nextPiece(body: Readable): Promise<Buffer | undefined> {
  const at = body.iterator({ destroyOnReturn: false });
  const { value, done } = (await at.next()) as IteratorResult<Buffer, undefined>;
  await at.return?.();
  return done ? undefined : value;
}
