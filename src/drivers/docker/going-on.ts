import type { Readable } from "node:stream";
import type { Clock } from "../../ports/clock.ts";

/** A stream that should go on was silent for too long. */
export class StreamQuietError extends Error {}

/** What comes of a stream, as text. Where nothing comes for so long, the stream is destroyed, and reading it throws a `StreamQuietError`. */
export async function* goingOn(stream: Readable, clock: Clock, ms: number): AsyncGenerator<string> {
  const silence = (): Disposable => clock.after(ms, () => stream.destroy(new StreamQuietError(`nothing came for ${ms / 1000} seconds`)));
  let timer = silence();
  try {
    for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) {
      timer[Symbol.dispose]();
      yield chunk;
      timer = silence();
    }
  } finally {
    timer[Symbol.dispose]();
  }
}
