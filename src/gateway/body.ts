import type { IncomingMessage } from "node:http";

/** AWS's largest request here is a layer part of 20 MB in base64. */
export const LARGEST_BODY = 32 * 1024 * 1024;

export class BodyTooLargeError extends Error {}
export class BodyTimeoutError extends Error {}

/**
 * Reads a whole body.
 * @param within milliseconds that it may take
 * @throws BodyTooLargeError as soon as it is known to be too large, BodyTimeoutError
 */
export async function readBody(
  message: IncomingMessage,
  { largest = LARGEST_BODY, within }: { readonly largest?: number; readonly within: number },
): Promise<Buffer> {
  if (Number(message.headers["content-length"] ?? 0) > largest) throw new BodyTooLargeError();
  const chunks: Buffer[] = [];
  let size = 0;
  let late: ((reason: Error) => void) | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => (late = reject));
  const timer = setTimeout(() => late?.(new BodyTimeoutError()), within);
  const whole = (async () => {
    // The connection stays, for the refusal to be sent.
    for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > largest) throw new BodyTooLargeError();
      chunks.push(chunk);
    }
  })();
  try {
    await Promise.race([whole, tooLate]);
  } finally {
    clearTimeout(timer);
    whole.catch(() => undefined);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
