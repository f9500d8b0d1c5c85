import type { IncomingMessage } from "node:http";

/** AWS's largest request here is a layer part of 20 MB in base64. */
export const LARGEST_BODY = 32 * 1024 * 1024;

export class BodyTooLargeError extends Error {}

/** Reads a whole body. @throws BodyTooLargeError as soon as it is known to be too large */
export async function readBody(message: IncomingMessage, largest = LARGEST_BODY): Promise<Buffer> {
  if (Number(message.headers["content-length"] ?? 0) > largest) throw new BodyTooLargeError();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largest) throw new BodyTooLargeError();
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
