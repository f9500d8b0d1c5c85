import {
  AUTHORITATIVE_ANSWER,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  type Answer,
  type Packet,
  type RecordType,
} from "dns-packet";
import { labelsOf, unescaped } from "../../domain/dns/name.ts";
import type { Reply, Resource } from "../../domain/dns/message.ts";
import type { RecordData } from "../../domain/dns/value.ts";
import type { Query } from "./query.ts";

/** RFC 1035, section 4.1.1, and RFC 6891, section 9: that of a version is beyond the four bits of a header. */
const RCODE = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const BAD_VERSION = 1;

/** What goes through every network without fragments. Source: DNS flag day 2020. */
export const LARGEST_DATAGRAM = 1232;
const SMALLEST_DATAGRAM = 512;
/** RFC 1035, section 4.2.2. */
const LARGEST_STREAMED = 65_535;

/** How many octets of an answer a client takes. */
export function roomOf({ edns }: Query, transport: "udp" | "tcp"): number {
  if (transport === "tcp") return LARGEST_STREAMED;
  return Math.min(Math.max(edns?.size ?? SMALLEST_DATAGRAM, SMALLEST_DATAGRAM), LARGEST_DATAGRAM);
}

export interface ReplyOptions {
  readonly room: number;
  /** Whether clients may have other names looked up. */
  readonly recursion: boolean;
  /** What others said of where the answers lead. */
  readonly further?: readonly Answer[];
}

/**
 * The answer to a query as octets. Where there is no room for all of it, it says so and tells nothing: a client comes again over TCP, and half of
 * an answer is of no use to it.
 */
export function writeReply(
  query: Query,
  reply: Reply | { readonly kind: "refused" },
  { room, recursion, further = [] }: ReplyOptions,
): Uint8Array {
  const whole = reply.kind === "refused" ? [] : [...reply.answers, ...reply.authorities, ...reply.additionals];
  const flags =
    RCODE[reply.kind === "refused" ? "REFUSED" : reply.code] |
    (reply.kind === "reply" && reply.authoritative ? AUTHORITATIVE_ANSWER : 0) |
    (query.recursionDesired ? RECURSION_DESIRED : 0) |
    (recursion ? RECURSION_AVAILABLE : 0);
  const { name, type } = query.asked;
  const isText = /^[!-~]*$/.test(name);
  const packet: Packet = {
    ...{ id: query.id, type: "response", flags },
    questions: isText ? [{ name, type: type as RecordType, class: query.asked.class as "IN" }] : [],
    additionals: optOf(query),
  };
  if (query.edns && query.edns.version > 0) return encode(packet);
  const full = encode({
    ...packet,
    answers: [...sectionOf(query, reply.kind === "reply" ? reply.answers : []), ...further],
    authorities: sectionOf(query, reply.kind === "reply" ? reply.authorities : []),
    additionals: [...sectionOf(query, reply.kind === "reply" ? reply.additionals : []), ...optOf(query)],
  });
  if (full.length <= room || whole.length === 0) return full;
  return encode({ ...packet, flags: flags | TRUNCATED_RESPONSE });
}

/** Who says what it can do is told the same of us. */
function optOf({ edns }: Query): Answer[] {
  if (!edns) return [];
  const extendedRcode = edns.version > 0 ? BAD_VERSION : 0;
  return [{ type: "OPT", name: ".", udpPayloadSize: LARGEST_DATAGRAM, extendedRcode, ednsVersion: 0, flags: 0, options: [] } as never];
}

/** Records of the name that was asked for have it as it was asked: some clients look for their own letters. */
function sectionOf({ asked, question }: Query, resources: readonly Resource[]): Answer[] {
  return resources.map(
    ({ name, ttl, data }) => ({ name: name === question?.name ? asked.name : nameOnWire(name), ttl, ...encoded(data) }) as Answer,
  );
}

/** A name as the packet library takes it. */
export function nameOnWire(name: string): string {
  return labelsOf(name).map(unescaped).join(".") || ".";
}

const octets = (text: string): Buffer => Buffer.from(text, "latin1");
const hex = (text: string): Buffer => Buffer.from(text, "hex");

/** A record's data as the packet library takes it. */
function encoded(data: RecordData): { readonly type: string; readonly data: unknown } {
  const { type } = data;
  switch (data.type) {
    case "A":
    case "AAAA":
      return { type, data: data.address };
    case "CNAME":
    case "NS":
    case "PTR":
      return { type, data: nameOnWire(data.target) };
    case "MX":
      return { type, data: { preference: data.preference, exchange: nameOnWire(data.exchange) } };
    case "TXT":
      return { type, data: data.strings.map(octets) };
    case "SPF":
      // The library knows the type's number, and not that its data are those of TXT (RFC 7208, section 3.1).
      return { type, data: Buffer.concat(data.strings.flatMap((text) => [Buffer.from([text.length]), octets(text)])) };
    case "SRV":
      return { type, data: { priority: data.priority, weight: data.weight, port: data.port, target: nameOnWire(data.target) } };
    case "CAA":
      return { type, data: { flags: data.flags, tag: data.tag, value: data.value } };
    case "SOA": {
      const { serial, refresh, retry, expire, minimum } = data;
      return { type, data: { mname: nameOnWire(data.mname), rname: nameOnWire(data.rname), serial, refresh, retry, expire, minimum } };
    }
    case "NAPTR": {
      const { order, preference, flags, services, regexp, replacement } = data;
      return { type, data: { order, preference, flags, services, regexp, replacement: nameOnWire(replacement) } };
    }
    case "DS":
      return { type, data: { keyTag: data.keyTag, algorithm: data.algorithm, digestType: data.digestType, digest: hex(data.digest) } };
    case "SSHFP":
      return { type, data: { algorithm: data.algorithm, hash: data.hash, fingerprint: data.fingerprint } };
    case "SVCB":
    case "HTTPS":
      return { type: type === "SVCB" ? "UNKNOWN_64" : "UNKNOWN_65", data: bindingOctets(data) };
    case "TLSA": {
      const { usage, selector, matching, certificate } = data;
      return { type, data: { usage, selector, matchingType: matching, certificate: hex(certificate) } };
    }
  }
}

/** RFC 9460, section 2.2: the name is never compressed. */
function bindingOctets({ priority, target, parameters }: Extract<RecordData, { readonly type: "SVCB" | "HTTPS" }>): Buffer {
  const labels = labelsOf(target).map((label) => octets(unescaped(label)));
  return Buffer.concat([
    two(priority),
    ...labels.flatMap((label) => [Buffer.from([label.length]), label]),
    Buffer.from([0]),
    ...parameters.flatMap((one) => [two(one.key), two(one.octets.length), Buffer.from(one.octets)]),
  ]);
}

function two(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}
