import { BodyTooLargeError, LARGEST_BODY } from "./body.ts";
import { UNREAD, type ArrivingRequest, type WireHead, type WireRequest } from "./protocols/protocol.ts";
import type { HeadCheck } from "./sigv4.ts";

/**
 * Bytes of the largest request without a signature: AssumeRoleWithWebIdentity with a token of 20,000 characters, a policy of 2,048 and ten
 * ARNs of 2,048, each encoded as long as it can be. Source: AWS STS API Reference.
 */
export const LARGEST_UNSIGNED_BODY = 128 * 1024;

/**
 * Reads as much of a body as the head gives reason to. Where the answer does not need it, nothing is read: who has no key, or an old
 * signature, is refused whatever comes after. That costs who asks a turn among the strangers.
 * @throws BodyTooLargeError, and what ends a body before its end
 */
export async function receive(arriving: ArrivingRequest, head: HeadCheck): Promise<WireRequest> {
  const { method, target, url, headers, secure, tls } = arriving;
  const wire = { method, target, url, headers, secure, ...(tls ? { tls } : {}) };
  if ("claim" in head) {
    const body = await arriving.readBody(LARGEST_BODY);
    if (!body) throw new BodyTooLargeError();
    return { ...wire, ...body };
  }
  await arriving.turn();
  const read = mayNeedNoSignature(wire) ? await arriving.readBody(LARGEST_UNSIGNED_BODY) : undefined;
  return { ...wire, ...(read ?? UNREAD) };
}

/** Operations that need no signature are spoken in forms, and named in them. */
function mayNeedNoSignature({ headers }: WireHead): boolean {
  if (headers["x-amz-target"] !== undefined) return false;
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  return type === undefined || type === "" || type === "application/x-www-form-urlencoded";
}
