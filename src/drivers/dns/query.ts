import { decode, encode, RECURSION_DESIRED, type DecodedPacket } from "dns-packet";
import type { Question } from "../../domain/dns/message.ts";
import { readName } from "../../domain/dns/name.ts";

/** What a client says of itself (RFC 6891): how much it takes in a datagram, octets. */
export interface Edns {
  readonly size: number;
  readonly version: number;
}

/** A question as it came. */
export interface Query {
  readonly id: number;
  readonly recursionDesired: boolean;
  /** As it was asked, in its own letters. */
  readonly asked: { readonly name: string; readonly type: string; readonly class: string };
  /** `undefined` where its name is of octets that no name here has. */
  readonly question: Question | undefined;
  readonly edns?: Edns;
}

/** What came: a question, something that is refused with a word, or what gets no answer. */
export type Received =
  | { readonly kind: "query"; readonly query: Query }
  | { readonly kind: "refused"; readonly reply: Uint8Array }
  | { readonly kind: "nothing" };

/** RFC 1035, section 4.1.1. */
const FORMAT_ERROR = 1;
const NOT_IMPLEMENTED = 4;
const OPCODE_QUERY = "QUERY";

/** RFC 1035, section 4.2.1: a question needs far less, and nothing that is longer comes from a resolver. */
const LONGEST_QUERY = 512;
const HEADER = 12;
/** An OPT record, and perhaps one that signs it: of a query nothing else is additional. */
const MOST_ADDITIONALS = 2;
const TYPE_OPT = 41;
/** Types that the packet library has no names for (RFC 9460). */
const LATER_TYPES: Readonly<Record<string, string>> = { UNKNOWN_64: "SVCB", UNKNOWN_65: "HTTPS" };

/**
 * Reads what somebody sent. Costs are bounded: one question is read, and of what follows it the size that the client takes, and nothing else.
 * A response is never answered: two servers could go on for ever.
 */
export function readQuery(octets: Uint8Array): Received {
  const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (bytes.length < 3 || ((bytes[2] ?? 0) & 0x80) !== 0) return { kind: "nothing" };
  const asked = questionIn(bytes);
  if (!asked) return refused(bytes, FORMAT_ERROR);
  const { packet, end } = asked;
  if ((packet as { readonly opcode?: string }).opcode !== OPCODE_QUERY) return refused(bytes, NOT_IMPLEMENTED);
  const [question] = packet.questions ?? [];
  if (!question) return refused(bytes, FORMAT_ERROR);
  const edns = ednsIn(bytes, end);
  // Other octets would not come back as they were.
  const name = /^[!-~]*$/.test(question.name) ? readName(question.name === "" ? "." : question.name) : undefined;
  const query: Query = {
    id: packet.id ?? 0,
    recursionDesired: ((packet.flags ?? 0) & RECURSION_DESIRED) !== 0,
    asked: { name: question.name, type: question.type, class: question.class ?? "IN" },
    question: typeof name === "string" ? { name, type: LATER_TYPES[question.type] ?? question.type } : undefined,
    ...(edns && { edns }),
  };
  return { kind: "query", query };
}

function refused(bytes: Buffer, code: number): Received {
  return { kind: "refused", reply: encode({ id: bytes.readUInt16BE(), type: "response", flags: code }) };
}

/** The header and the question, where there is exactly one; a query holds no records but what its sender can do. */
function questionIn(query: Buffer): { readonly packet: DecodedPacket; readonly end: number } | undefined {
  if (query.length < HEADER || query.length > LONGEST_QUERY) return undefined;
  const [questions, answers, authorities] = [4, 6, 8].map((at) => query.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0) return undefined;
  const whole = Buffer.from(query);
  whole.writeUInt16BE(0, 10);
  try {
    const packet = decode(whole);
    return { packet, end: decode.bytes };
  } catch {
    // What cannot be read is no question.
    return undefined;
  }
}

function ednsIn(query: Buffer, from: number): Edns | undefined {
  let at = from;
  for (let left = Math.min(query.readUInt16BE(10), MOST_ADDITIONALS); left > 0; left--) {
    // A record of the root: a name of one octet, type, class, time and length.
    if (query.length < at + 11 || query[at] !== 0) return undefined;
    if (query.readUInt16BE(at + 1) === TYPE_OPT) return { size: query.readUInt16BE(at + 3), version: query[at + 6] ?? 0 };
    at += 11 + query.readUInt16BE(at + 9);
  }
  return undefined;
}
