import type { ErrorSchema, OperationSchema } from "../schema.ts";

/** A request after its body was read. Header names are in lower case. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** How it did: `TLSv1.3`, and the IANA name of the cipher suite. */
  readonly tls?: { readonly version: string; readonly cipher: string };
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
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
