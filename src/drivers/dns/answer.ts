import { AUTHORITATIVE_ANSWER, decode, encode, RECURSION_DESIRED, type DecodedPacket, type Packet } from "dns-packet";

/** What a name is to this server. */
export type Resolution =
  | { readonly kind: "address"; readonly address: string }
  /** A name that would be ours, and that nothing has. */
  | { readonly kind: "no-such-name" }
  /** A name that other servers may know. */
  | { readonly kind: "not-ours" };

/** @param name in lower case, without the dot at its end */
export type Resolve = (name: string) => Resolution;

/** RFC 1035, section 4.1.1. */
const RCODE = { noError: 0, formatError: 1, nameError: 3, notImplemented: 4, refused: 5 } as const;
const OPCODE_QUERY = "QUERY";
/** Seconds: load balancers come and go, and asking again costs next to nothing. */
const TTL = 5;

/** RFC 1035, section 4.2.1: a question needs far less, and nothing that is longer comes from a resolver. */
const LONGEST_QUERY = 512;
const HEADER = 12;

/**
 * The answer to one query; `undefined` for what is none, which gets no answer. Costs and sizes are bounded: one question is read, and nothing of
 * what follows it, and an answer is longer than its query by no more than one name and one address, so that it is of no use to who forges senders.
 */
export function answerQuery(query: Uint8Array, resolve: Resolve): Uint8Array | undefined {
  const bytes = Buffer.from(query.buffer, query.byteOffset, query.byteLength);
  // Never answer an answer: two servers could go on for ever.
  if (bytes.length < 3 || ((bytes[2] ?? 0) & 0x80) !== 0) return undefined;
  const asked = questionIn(bytes);
  return encode(asked ? answerTo(asked, resolve) : { id: bytes.readUInt16BE(), type: "response", flags: RCODE.formatError });
}

/** The header and the question, where there is exactly one; a query holds no records but what its sender can do (RFC 6891). */
function questionIn(query: Buffer): DecodedPacket | undefined {
  if (query.length < HEADER || query.length > LONGEST_QUERY) return undefined;
  const [questions, answers, authorities] = [4, 6, 8].map((at) => query.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0) return undefined;
  const whole = Buffer.from(query);
  whole.writeUInt16BE(0, 10);
  try {
    return decode(whole);
  } catch {
    // What cannot be read is no question.
    return undefined;
  }
}

function answerTo(asked: DecodedPacket, resolve: Resolve): Packet {
  const recursion = (asked.flags ?? 0) & RECURSION_DESIRED;
  const [question] = asked.questions ?? [];
  // Other octets would not come back as they were.
  const isText = question !== undefined && /^[!-~]*$/.test(question.name);
  const answer = (rcode: number, rest: Partial<Packet> = {}): Packet => ({
    id: asked.id ?? 0,
    type: "response",
    flags: recursion | rcode,
    questions: isText ? [question] : [],
    ...rest,
  });
  if ((asked as { readonly opcode?: string }).opcode !== OPCODE_QUERY) return answer(RCODE.notImplemented);
  if (!isText) return answer(RCODE.refused);
  const found = resolve(question.name.toLowerCase());
  switch (found.kind) {
    case "not-ours":
      return answer(RCODE.refused);
    case "no-such-name":
      return answer(RCODE.nameError | AUTHORITATIVE_ANSWER);
    case "address": {
      // Other types of an existing name: no error, and no record.
      const wanted = question.type === "A" || (question.type as string) === "ANY";
      const { address } = found;
      return answer(RCODE.noError | AUTHORITATIVE_ANSWER, {
        answers: wanted ? [{ type: "A", name: question.name, ttl: TTL, data: address }] : [],
      });
    }
  }
}
