import { decode, encode, RECURSION_DESIRED, type Answer, type RecordType } from "dns-packet";
import type { Question, Reply, Resolution } from "../../domain/dns/message.ts";
import type { Forwarder } from "./forward.ts";
import { readQuery, type Query } from "./query.ts";
import { nameOnWire, roomOf, writeReply } from "./reply.ts";

/** @param client the address that asks */
export type Resolve = (question: Question, client: string) => Resolution;

export interface Responding {
  readonly resolve: Resolve;
  /** Asks others, where that is what a question comes to; without one such a question is refused. */
  readonly forwarder?: Forwarder;
}

const CLASSES = new Set(["IN", "ANY"]);

/** The answer to what somebody sent, as octets; `undefined` where there is none to give. */
export async function respond(
  octets: Uint8Array,
  client: string,
  transport: "udp" | "tcp",
  { resolve, forwarder }: Responding,
): Promise<Uint8Array | undefined> {
  const received = readQuery(octets);
  if (received.kind === "nothing") return undefined;
  if (received.kind === "refused") return received.reply;
  const { query } = received;
  const options = { room: roomOf(query, transport), recursion: forwarder !== undefined };
  const resolution = resolutionOf(query, client, resolve);
  if (resolution.kind === "reply") {
    const { continuesAt } = resolution;
    if (continuesAt === undefined || !forwarder || !query.recursionDesired) return writeReply(query, resolution, options);
    const further = await askFurther(query, continuesAt, forwarder);
    return further ? writeReply(query, resolution, { ...options, further }) : writeReply(query, FAILED, options);
  }
  if (resolution.kind === "refused" || !forwarder || !query.recursionDesired) return writeReply(query, { kind: "refused" }, options);
  const answer = await forwarder.ask(octets, transport);
  return answer ?? writeReply(query, FAILED, options);
}

const FAILED: Reply = { kind: "reply", code: "SERVFAIL", authoritative: false, answers: [], authorities: [], additionals: [] };

function resolutionOf({ question, asked }: Query, client: string, resolve: Resolve): Resolution {
  return question && CLASSES.has(asked.class) ? resolve(question, client) : { kind: "refused" };
}

/** The records to which an alias name leads that is not known here. Over TCP, so that there is room for all of them. */
async function askFurther({ asked }: Query, name: string, forwarder: Forwarder): Promise<readonly Answer[] | undefined> {
  const questions = [{ name: nameOnWire(name), type: asked.type as RecordType }];
  const answer = await forwarder.ask(encode({ id: 0, type: "query", flags: RECURSION_DESIRED, questions }), "tcp");
  try {
    return answer && (decode(Buffer.from(answer)).answers ?? []);
  } catch {
    // A server that answers what cannot be read has not answered.
    return undefined;
  }
}
