import type { ServerResponse } from "node:http";
import type { BlobPieces } from "../ports/blob-store.ts";
import { releaseMemory } from "../ports/release-memory.ts";

/** Pieces that are freed together, since each time costs as much as copying a few thousand bytes. */
const TOGETHER = 4;
/** How much of a blob is handed to the kernel at a time. */
const BATCH_BYTES = 256 * 1024;

/** The pieces of a request's body; each is freed when whoever asked for it has asked for others. */
export async function* releasing(pieces: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  let spent: Uint8Array[] = [];
  try {
    for await (const piece of pieces as AsyncIterable<Uint8Array>) {
      yield piece;
      spent.push(piece);
      if (spent.length < TOGETHER) continue;
      releaseMemory(spent);
      spent = [];
    }
  } finally {
    releaseMemory(spent);
  }
}

/**
 * Sends a blob as fast as the client takes it; each piece is freed as soon as the kernel has it. Resolves when all of it is sent. Rejects where the
 * blob cannot be read on: the answer is then not ended, so that it cannot look whole; and where the client went away.
 */
export async function sendPieces(pieces: BlobPieces, response: ServerResponse): Promise<void> {
  let sent = false;
  let giveUp: () => void = () => undefined;
  const away = new Promise<never>((_, reject) => {
    giveUp = () => {
      if (!sent) reject(disconnected());
    };
  });
  response.once("close", giveUp);
  if (response.destroyed) giveUp();
  const sending = sendAll(pieces, response, () => (sent = true));
  try {
    // One that waits for a piece does not see that nobody takes it any more.
    await Promise.race([away, sending]);
  } finally {
    response.off("close", giveUp);
    if (!sent) await pieces.return();
  }
}

async function sendAll(pieces: BlobPieces, response: ServerResponse, sent: () => void): Promise<void> {
  let writing = Promise.resolve();
  let [gathered, batch]: [number, Uint8Array[]] = [0, []];
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    batch.push(next.value);
    gathered += next.value.length;
    if (gathered < BATCH_BYTES) continue;
    // The next ones are made ready while these are on their way.
    await writing;
    writing = writeTogether(response, batch);
    // Whoever awaits it next hears of a failure; until then it must not count as unheard.
    writing.catch(() => undefined);
    [gathered, batch] = [0, []];
  }
  await writing;
  if (gathered > 0) await writeTogether(response, batch);
  await new Promise<void>((resolve) => {
    response.end(() => {
      sent();
      resolve();
    });
  });
}

/** Writes pieces with one call of the kernel, and frees them when it has them. */
function writeTogether(response: ServerResponse, pieces: readonly Uint8Array[]): Promise<void> {
  return new Promise((resolve, reject) => {
    response.cork();
    for (const piece of pieces.slice(0, -1)) response.write(piece);
    response.write(pieces.at(-1) ?? NOTHING, (failure) => {
      // Those that could not be written may still be the socket's: they are left to the garbage collector.
      if (failure) return reject(disconnected());
      releaseMemory(pieces);
      resolve();
    });
    response.uncork();
  });
}

const NOTHING = Buffer.alloc(0);

function disconnected(): Error {
  return Object.assign(new Error("the client went away"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
}
