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

/** The answer to one query; `undefined` for what is none, which gets no answer. */
export function answerQuery(query: Uint8Array, resolve: Resolve): Uint8Array | undefined {
  const id = query.length >= 2 ? ((query[0] ?? 0) << 8) | (query[1] ?? 0) : undefined;
  // Never answer an answer: two servers could go on for ever.
  if (id === undefined || ((query[2] ?? 0x80) & 0x80) !== 0) return undefined;
  let asked: DecodedPacket;
  try {
    asked = decode(Buffer.from(query));
  } catch {
    return encode({ id, type: "response", flags: RCODE.formatError });
  }
  return encode(answerTo(asked, resolve));
}

function answerTo(asked: DecodedPacket, resolve: Resolve): Packet {
  const recursion = (asked.flags ?? 0) & RECURSION_DESIRED;
  const answer = (rcode: number, rest: Partial<Packet> = {}): Packet => ({
    id: asked.id ?? 0,
    type: "response",
    flags: recursion | rcode,
    questions: asked.questions ?? [],
    ...rest,
  });
  if ((asked as { readonly opcode?: string }).opcode !== OPCODE_QUERY) return answer(RCODE.notImplemented);
  const [question] = asked.questions ?? [];
  if (!question || asked.questions?.length !== 1) return answer(RCODE.formatError);
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
