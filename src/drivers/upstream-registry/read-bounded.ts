import type { IncomingMessage } from "node:http";

/** The body of an answer; `undefined` where it is longer. Rejects where the connection breaks. */
export async function readBounded(answer: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += (chunk as Buffer).length;
    // Leaving the loop ends the connection.
    if (size > mostBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
