import type { RequestHeaders } from "../request-headers.ts";
import type { ErrorSchema, OperationSchema } from "../schema.ts";

/** A request as far as it is known before its body. */
export interface WireHead {
  readonly method: string;
  /** Path and query as sent, one character a byte: what is signed. */
  readonly target: string;
  /** The same, parsed. */
  readonly url: URL;
  readonly headers: RequestHeaders;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** How it did: `TLSv1.3`, and the IANA name of the cipher suite. */
  readonly tls?: { readonly version: string; readonly cipher: string };
}

export interface WireBody {
  readonly body: Buffer;
  /** SHA-256 of the body in hexadecimal digits; `UNREAD` where it was not read, so that no signature holds of it. */
  readonly bodyHash: string;
}

/** What stands for a body that nobody wants to read: the head says what the answer is. */
export const UNREAD: WireBody = { body: Buffer.alloc(0), bodyHash: "unread" };

/** A request after its body was read. */
export interface WireRequest extends WireHead, WireBody {}

/** A request whose body is still on its way. */
export interface ArrivingRequest extends WireHead {
  /** Reads the body; `undefined` where it is larger than that many bytes. @throws whatever ends it before its end */
  readBody(largest: number): Promise<WireBody | undefined>;
  /** To be called as soon as it is known who asks: the connection is somebody's then, and is kept. */
  known(): void;
  /** Waits for the turn of a request that nobody signed. @throws where it does not come; the connection is closed then */
  turn(): Promise<void>;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** An error on its way out, whichever class it came from. */
export interface WireError {
  /** The SDK's name of the exception, or the code of a common error. */
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly fault: "client" | "server";
  /** Present where the SDK models the error: its members are written by this. */
  readonly schema: ErrorSchema | undefined;
  readonly members: Readonly<Record<string, unknown>>;
}

/** One of AWS's wire protocols, in the server's direction. */
export interface Protocol {
  /** Reads the operation's input. @throws MalformedRequestError */
  read(operation: OperationSchema, request: WireRequest): unknown;
  write(operation: OperationSchema, output: unknown, requestId: string): WireResponse;
  writeError(error: WireError, requestId: string): WireResponse;
}
