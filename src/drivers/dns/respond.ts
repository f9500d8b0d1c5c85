import { decode, encode, RECURSION_DESIRED, type Answer, type DecodedPacket, type RecordType } from "dns-packet";
import type { AnsweredQuestion, Question, Reply, Resolution } from "../../domain/dns/message.ts";
import type { Forwarder } from "./forward.ts";
import { readQuery, type Query } from "./query.ts";
import { nameOnWire, roomOf, writeReply } from "./reply.ts";

/** @param client the address that asks */
export type Resolve = (question: Question, client: string) => Resolution;

export interface Responding {
  readonly resolve: Resolve;
  /** Asks others, where that is what a question comes to; without one such a question is refused. */
  readonly forwarder?: Forwarder;
  /** Told what was asked about hosted zones, before the answer goes out. */
  readonly answered?: (answered: AnsweredQuestion) => void;
  /** Which clients may have others asked; all where absent. */
  readonly forwardsFor?: (client: string) => boolean;
}

const CLASSES = new Set(["IN", "ANY"]);

/** The answer to what somebody sent, as octets; `undefined` where there is none to give. */
export async function respond(
  octets: Uint8Array,
  client: string,
  transport: "udp" | "tcp",
  { resolve, forwarder: any, forwardsFor = () => true, answered }: Responding,
): Promise<Uint8Array | undefined> {
  const received = readQuery(octets);
  if (received.kind === "nothing") return undefined;
  if (received.kind === "refused") return received.reply;
  const { query } = received;
  const forwarder = forwardsFor(client) ? any : undefined;
  const options = { room: roomOf(query, transport), recursion: forwarder !== undefined };
  const resolution = resolutionOf(query, client, resolve);
  if (answered && query.question && resolution.kind === "reply" && resolution.zoneId !== undefined)
    answered({ zoneId: resolution.zoneId, question: query.question, code: resolution.code, transport, client });
  if (resolution.kind === "silent") return undefined;
  if (resolution.kind === "refused") return writeReply(query, resolution, options);
  const others = query.recursionDesired ? forwarder : undefined;
  if (resolution.kind === "reply" && (!others || (resolution.authoritative && resolution.continuesAt === undefined)))
    return writeReply(query, resolution, options);
  if (!others) return writeReply(query, { kind: "refused" }, options);
  if (resolution.kind === "reply" && resolution.continuesAt !== undefined) {
    const further = await askFurther(query, resolution.continuesAt, others);
    return further
      ? writeReply(query, { ...resolution, code: further.code }, { ...options, further: further.answers })
      : writeReply(query, FAILED, options);
  }
  // Also of a referral: who wants others asked is not to ask them.
  return (await others.ask(octets, transport)) ?? writeReply(query, FAILED, options);
}

const FAILED: Reply = { kind: "reply", code: "SERVFAIL", authoritative: false, answers: [], authorities: [], additionals: [] };

function resolutionOf({ question, asked }: Query, client: string, resolve: Resolve): Resolution {
  return question && CLASSES.has(asked.class) ? resolve(question, client) : { kind: "refused" };
}

interface Further {
  readonly code: Reply["code"];
  readonly answers: readonly Answer[];
}

/** What others say of where an alias name leads that is not known here. Over TCP, so that there is room for all of it, and where that is not to be had, without. */
async function askFurther({ asked }: Query, name: string, forwarder: Forwarder): Promise<Further | undefined> {
  const questions = [{ name: nameOnWire(name), type: asked.type as RecordType }];
  const query = encode({ id: 0, type: "query", flags: RECURSION_DESIRED, questions });
  const answer = (await forwarder.ask(query, "tcp")) ?? (await forwarder.ask(query, "udp"));
  try {
    const read = answer && (decode(Buffer.from(answer)) as DecodedPacket & { readonly rcode: string });
    if (!read || !(read.rcode === "NOERROR" || read.rcode === "NXDOMAIN")) return undefined;
    const answers = (read.answers ?? []).filter(({ type }) => type === asked.type || type === "CNAME");
    // What cannot be written again cannot be passed on.
    encode({ answers });
    return { code: read.rcode, answers };
  } catch {
    // A server that answers what cannot be read has not answered.
    return undefined;
  }
}
