import { endianness } from "node:os";
import { parseAddress } from "../../domain/cidr.ts";
import type { FilterChange, FilterSetKind } from "../../domain/packet-filter.ts";

// Numbers and layouts of Linux's `linux/netlink.h`, `linux/netfilter/nfnetlink.h` and `linux/netfilter/nf_tables.h`.
const REQUEST = 0x1;
const ACKNOWLEDGED = 0x4;
const CREATE = 0x400;
const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;
const SUBSYSTEM = 10;
const ADD_ELEMENTS = (SUBSYSTEM << 8) | 12;
const DELETE_ELEMENTS = (SUBSYSTEM << 8) | 14;
const ANY_FAMILY = 0;
const INET = 1;
const NESTED = 0x8000;
/** Attributes of a message of elements. */
const LIST = { table: 1, set: 2, elements: 3, element: 1 } as const;
const ELEMENT = { key: 1, data: 2 } as const;
const DATA = { value: 1, verdict: 2 } as const;
const VERDICT = { code: 1, chain: 2 } as const;
const VERDICT_CODES = { drop: 0, accept: 1, jump: -3, goto: -4 } as const;

/** A list of elements is an attribute, which has 64 KiB at most: of these there are fewer than 150 bytes each, with the longest name of a chain 200 more. */
const MOST_IN_A_LIST = 150;

/**
 * A change as the messages by which the kernel itself is told of it, as one transaction; `undefined` where it is more than elements that come to or go from sets of single addresses, and maps and pairs of
 * these: what a task's interface is. The last message asks for an answer. `table` is of the family `inet`. Costs the elements.
 */
export function elementMessages(
  table: string,
  { chains, sets, gone, added, chainsGone, setsGone }: FilterChange,
  kindOf: (set: string) => FilterSetKind | undefined,
): Buffer | undefined {
  if (chains.size + sets.size + chainsGone.length + setsGone.length > 0) return undefined;
  const lists: { readonly type: number; readonly flags: number; readonly attributes: Buffer }[] = [];
  for (const [type, flags, changes] of [
    [DELETE_ELEMENTS, REQUEST, gone],
    [ADD_ELEMENTS, REQUEST | CREATE, added],
  ] as const)
    for (const [set, elements] of changes) {
      const kind = kindOf(set);
      const told = [...elements].map(([element, verdict]) => elementOf(kind, element, verdict));
      if (!told.every((one) => one !== undefined)) return undefined;
      for (let at = 0; at < told.length; at += MOST_IN_A_LIST) {
        const list = nested(LIST.elements, ...told.slice(at, at + MOST_IN_A_LIST));
        lists.push({ type, flags, attributes: Buffer.concat([text(LIST.table, table), text(LIST.set, set), list]) });
      }
    }
  if (lists.length === 0) return undefined;
  return Buffer.concat([
    message(BATCH_BEGIN, REQUEST, ANY_FAMILY, SUBSYSTEM),
    ...lists.map(({ type, flags, attributes }, at) =>
      message(type, at === lists.length - 1 ? flags | ACKNOWLEDGED : flags, INET, 0, attributes),
    ),
    message(BATCH_END, REQUEST, ANY_FAMILY, SUBSYSTEM),
  ]);
}

/**
 * What the kernel answers: the number of each message's error, 0 where it was carried out. Reads the messages that lie behind one another in `answer`.
 */
export function answersIn(answer: Buffer): readonly number[] {
  const ERROR = 2;
  const codes: number[] = [];
  for (let at = 0; at + HEADER <= answer.length;) {
    const length = read32(answer, at);
    if (read16(answer, at + 4) === ERROR && at + HEADER + 4 <= answer.length) codes.push(read32(answer, at + HEADER));
    if (length < HEADER) break;
    at += padded(length);
  }
  return codes;
}

function elementOf(kind: FilterSetKind | undefined, element: string, verdict: string): Buffer | undefined {
  if (kind !== "addresses" && kind !== "addresses-of-all" && kind !== "address-pairs" && kind !== "verdicts") return undefined;
  const addresses = element.split(" . ").map(parseAddress);
  if (!addresses.every((one) => one !== undefined) || addresses.length !== (kind === "address-pairs" ? 2 : 1)) return undefined;
  const key = nested(ELEMENT.key, attribute(DATA.value, Buffer.concat(addresses.map(big32))));
  if (kind !== "verdicts") return verdict === "" ? nested(LIST.element, key) : undefined;
  const [word = "", chain, ...more] = verdict.split(" ");
  if (!isVerdict(word) || more.length > 0 || (chain === undefined) !== (word === "accept" || word === "drop")) return undefined;
  const code = attribute(VERDICT.code, big32(VERDICT_CODES[word]));
  const told = nested(DATA.verdict, code, ...(chain === undefined ? [] : [text(VERDICT.chain, chain)]));
  return nested(LIST.element, key, nested(ELEMENT.data, told));
}

function isVerdict(word: string): word is keyof typeof VERDICT_CODES {
  return Object.hasOwn(VERDICT_CODES, word);
}

/** Netlink's own numbers are of the machine's order, nftables' are of the network's. */
const isLittle = endianness() === "LE";
const HEADER = 16;

function message(type: number, flags: number, family: number, resource: number, attributes: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEADER + 4);
  const length = head.length + attributes.length;
  if (isLittle) head.writeUInt32LE(length, 0);
  else head.writeUInt32BE(length, 0);
  write16(head, type, 4);
  write16(head, flags, 6);
  head.writeUInt8(family, HEADER);
  head.writeUInt16BE(resource, HEADER + 2);
  return Buffer.concat([head, attributes]);
}

function attribute(type: number, value: Buffer): Buffer {
  const length = 4 + value.length;
  const whole = Buffer.alloc(padded(length));
  write16(whole, length, 0);
  write16(whole, type, 2);
  value.copy(whole, 4);
  return whole;
}

function nested(type: number, ...inner: readonly Buffer[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(inner));
}

function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`, "ascii"));
}

function big32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

function write16(bytes: Buffer, value: number, at: number): void {
  if (isLittle) bytes.writeUInt16LE(value, at);
  else bytes.writeUInt16BE(value, at);
}

function read16(bytes: Buffer, at: number): number {
  return isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}

function read32(bytes: Buffer, at: number): number {
  return isLittle ? bytes.readInt32LE(at) : bytes.readInt32BE(at);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
