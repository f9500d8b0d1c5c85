import { ServerResponse, type IncomingMessage } from "node:http";
import { takeLeftover } from "./leftovers.ts";

/**
 * An answer that may be given before the request's body was read: it is sent at once, and ends, and with it a connection that was to be
 * closed, when the client has come to its end. Without this, a client that sends on would find its connection reset in place of the answer.
 */
export class PatientResponse extends ServerResponse {
  // Typed as Node's overloads are: whatever they take is handed on.
  override end(...given: readonly unknown[]): this {
    const args = given as Parameters<ServerResponse["end"]>;
    if (!isBodyLeft(this.req)) return super.end(...args);
    const [chunk] = given;
    const body = typeof chunk === "string" || chunk instanceof Uint8Array ? chunk : undefined;
    if (!this.headersSent && !this.hasHeader("content-length"))
      this.setHeader("content-length", body === undefined ? 0 : Buffer.byteLength(body));
    if (body !== undefined && body.length > 0) this.write(body);
    else this.flushHeaders();
    takeLeftover(this.req, () => super.end());
    return this;
  }
}

function isBodyLeft({ headers, complete, destroyed }: IncomingMessage): boolean {
  if (complete || destroyed) return false;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
