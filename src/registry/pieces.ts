import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
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
export async function sendPieces(pieces: Readable, response: ServerResponse): Promise<void> {
  let giveUp: (cause: Error) => void = () => undefined;
  const gone = (): void => {
    const cause = Object.assign(new Error("the client went away"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
    giveUp(cause);
    pieces.destroy(cause);
  };
  const settled = (act: (done: (failure?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      giveUp = reject;
      act((failure) => (failure ? gone() : resolve()));
    });
  response.once("close", gone);
  if (response.destroyed) gone();
  try {
    let writing = Promise.resolve();
    let [gathered, batch]: [number, Uint8Array[]] = [0, []];
    const send = async (): Promise<void> => {
      const sent = batch;
      [gathered, batch] = [0, []];
      // The next ones are made ready while these are on their way.
      await writing;
      writing = settled((done) => writeTogether(response, sent, done));
      // Whoever awaits it next hears of a failure; until then it must not count as unheard.
      writing.catch(() => undefined);
    };
    for await (const piece of pieces as AsyncIterable<Uint8Array>) {
      batch.push(piece);
      gathered += piece.length;
      if (gathered >= BATCH_BYTES) await send();
    }
    if (gathered > 0) await send();
    await writing;
    await settled((done) => response.end(() => done()));
  } finally {
    response.off("close", gone);
    pieces.destroy();
  }
}

/** Writes pieces with one call of the kernel, and frees them when it has them. */
function writeTogether(response: ServerResponse, pieces: readonly Uint8Array[], done: (failure?: Error | null) => void): void {
  response.cork();
  for (const piece of pieces.slice(0, -1)) response.write(piece);
  response.write(pieces.at(-1) ?? Buffer.alloc(0), (failure) => {
    // Those that could not be written may still be the socket's: they are left to the garbage collector.
    if (!failure) releaseMemory(pieces);
    done(failure);
  });
  response.uncork();
}
