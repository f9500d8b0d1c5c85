import { describe, expect, test } from "vitest";
import type { FilterChange, FilterSetKind } from "../../domain/packet-filter.ts";
import { answersIn, elementMessages } from "./element-messages.ts";

const NONE: FilterChange = { chains: new Map(), sets: new Map(), gone: new Map(), added: new Map(), chainsGone: [], setsGone: [] };
const KINDS: Readonly<Record<string, FilterSetKind>> = {
  tasks: "addresses-of-all",
  interfaces: "addresses",
  self: "address-pairs",
  ways: "verdicts",
  blocks: "addresses-and-protocols",
};
const messagesOf = (change: Partial<FilterChange>) => elementMessages("airfield-1", { ...NONE, ...change }, (set) => KINDS[set]);
const inSet = (set: string, ...elements: readonly (readonly [string, string])[]) => new Map([[set, new Map(elements)]]);

interface Read {
  readonly type: number;
  readonly flags: number;
  readonly head: string;
  readonly body: Buffer;
}

/** Written apart from what is tested, after `linux/netlink.h`. */
function read(bytes: Buffer): readonly Read[] {
  const found: Read[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at);
    expect(length % 4).toBe(0);
    const one = bytes.subarray(at, at + length);
    found.push({
      type: one.readUInt16LE(4),
      flags: one.readUInt16LE(6),
      head: one.subarray(16, 20).toString("hex"),
      body: one.subarray(20),
    });
    at += length;
  }
  return found;
}

/** As `type:value`, nested ones in parentheses. */
function attributes(body: Buffer): string {
  const found: string[] = [];
  for (let at = 0; at < body.length;) {
    const length = body.readUInt16LE(at);
    const type = body.readUInt16LE(at + 2);
    const value = body.subarray(at + 4, at + length);
    found.push(type & 0x8000 ? `${type & 0x7fff}(${attributes(value)})` : `${type}:${value.toString("hex")}`);
    at += Math.ceil(length / 4) * 4;
  }
  return found.join(" ");
}
const hex = (text: string): string => Buffer.from(`${text}\0`).toString("hex");

describe.skipIf(new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1)("on a machine of little ends", () => {
  test("elements go, then come, in one batch, and the last message asks for an answer", () => {
    const messages = messagesOf({
      gone: inSet("self", ["10.0.0.4 . 10.0.0.5", ""]),
      added: new Map([
        ...inSet("tasks", ["10.0.0.4", ""]),
        ...inSet("ways", ["10.0.0.4", "jump way.rtb-1.private"], ["10.0.0.5", "accept"]),
      ]),
    });
    const [begin, gone, tasks, ways, end, ...more] = read(messages!);
    expect(more).toEqual([]);
    expect([begin, end].map((one) => [one?.type, one?.flags, one?.head, one?.body.length])).toEqual([
      [0x10, 1, "0000000a", 0],
      [0x11, 1, "0000000a", 0],
    ]);
    // DELSETELEM and NEWSETELEM of the family inet.
    expect([gone, tasks, ways].map((one) => [one?.type, one?.flags, one?.head])).toEqual([
      [0x0a0e, 0x001, "01000000"],
      [0x0a0c, 0x401, "01000000"],
      [0x0a0c, 0x405, "01000000"],
    ]);
    const of = (set: string, elements: string) => `1:${hex("airfield-1")} 2:${hex(set)} 3(${elements})`;
    expect(attributes(gone!.body)).toBe(of("self", "1(1(1:0a0000040a000005))"));
    expect(attributes(tasks!.body)).toBe(of("tasks", "1(1(1:0a000004))"));
    const jump = `1:fffffffd 2:${hex("way.rtb-1.private")}`;
    expect(attributes(ways!.body)).toBe(of("ways", `1(1(1:0a000004) 2(2(${jump}))) 1(1(1:0a000005) 2(2(1:00000001)))`));
  });

  test("many elements are several lists", () => {
    const elements = Array.from(
      { length: 400 },
      (_, at) => [`10.0.${at % 250}.${Math.floor(at / 250)}`, `goto ${"c".repeat(127)}`] as const,
    );
    const lists = read(messagesOf({ added: inSet("ways", ...elements) })!).slice(1, -1);
    expect(lists.map(({ flags }) => flags)).toEqual([0x401, 0x401, 0x405]);
    // An attribute's length is a number of 16 bits.
    expect(lists.every(({ body }) => body.length < 65_536)).toBe(true);
    expect(lists.flatMap(({ body }) => attributes(body).match(/1\(1\(1:/g)).length).toBe(400);
  });
});

test.each<[string, Partial<FilterChange>]>([
  ["chains", { chains: new Map([["c", { rules: [] }]]) }],
  ["sets", { sets: new Map([["tasks", "addresses"]]) }],
  ["chains that go", { chainsGone: ["c"] }],
  ["sets that go", { setsGone: ["tasks"] }],
  ["ranges", { added: inSet("blocks", ["10.0.0.0/8 . 0-255", ""]) }],
  ["sets that nobody knows", { added: inSet("others", ["10.0.0.4", ""]) }],
  ["a block among addresses", { added: inSet("tasks", ["10.0.0.0/8", ""]) }],
  ["a pair of three", { gone: inSet("self", ["10.0.0.4 . 10.0.0.5 . 10.0.0.6", ""]) }],
  ["a verdict in a set", { added: inSet("tasks", ["10.0.0.4", "accept"]) }],
  ["no verdict in a map", { added: inSet("ways", ["10.0.0.4", ""]) }],
  ["a verdict that is another's", { added: inSet("ways", ["10.0.0.4", "queue to 3"]) }],
  ["a jump to nowhere", { added: inSet("ways", ["10.0.0.4", "jump"]) }],
])("%s are nft's", (_, change) => {
  expect(messagesOf({ added: inSet("tasks", ["10.0.0.9", ""]), ...change })).toBeUndefined();
});

test("a set's addresses are told whether it tells how many there may be or not", () => {
  const [addresses, all] = ["interfaces", "tasks"].map((set) => messagesOf({ added: inSet(set, ["10.0.0.9", ""]) })?.length ?? 0);
  expect([addresses, all].every((length = 0) => length > 0)).toBe(true);
});

test("nothing is no message", () => {
  expect(messagesOf({ added: new Map([["tasks", new Map()]]) })).toBeUndefined();
});

test("answers are errors' numbers, one behind the other, and nothing else", () => {
  const answer = (type: number, code: number): Buffer => {
    const bytes = new DataView(new ArrayBuffer(36));
    bytes.setUint32(0, 36, true);
    bytes.setUint16(4, type, true);
    bytes.setInt32(16, code, true);
    return Buffer.from(bytes.buffer);
  };
  expect(answersIn(Buffer.concat([answer(2, -2), answer(3, -5), answer(2, 0)]))).toEqual([-2, 0]);
  expect(answersIn(Buffer.alloc(0))).toEqual([]);
  expect(answersIn(Buffer.alloc(64))).toEqual([]);
});
