import type { WireError } from "./protocol.ts";

export interface Compatibility {
  /** Whether the service spoke a Query protocol once, so that its clients know its errors by the codes of that one. */
  readonly queryCompatible?: boolean;
}

/** Tells a client of JSON or CBOR the code that the Query protocol has. Source: Smithy, "awsQueryCompatible trait". */
export function queryErrorHeader({ code, fault, schema }: WireError): Readonly<Record<string, string>> {
  return { "x-amzn-query-error": `${schema?.queryCode ?? code};${fault === "server" ? "Receiver" : "Sender"}` };
}
