import { expect, test } from "vitest";
import type { Nft, NftObject } from "./nft.ts";
import { flowTableOf, nftFlowCounts } from "./flow-counts.ts";

/** What it is told is kept, and what it tells is given. */
function toldNft(table?: readonly NftObject[]) {
  const told: string[] = [];
  const held = { table };
  const nft: Nft = {
    run: (commands) => {
      told.push(commands);
      return Promise.resolve();
    },
    read: () => Promise.resolve(held.table),
  };
  return { nft, told, held };
}

const HOUR_LEFT = 86_400 - 30;
const element = (concat: readonly (string | number)[], packets: number) => ({
  elem: { val: { concat }, expires: HOUR_LEFT, counter: { packets, bytes: packets * 60 } },
});
const set = (name: string, ...elem: readonly unknown[]): NftObject => ({ set: { name, elem } });
const KEY = ["10.0.0.5", "10.0.0.6", 6, 40000, 80] as const;
const START = 1_000_000;
const [ONE, TWO] = ["111111111111", "222222222222"] as const;
const sized = (name: string, size: number, ...elem: readonly unknown[]): NftObject => ({ set: { name, size, elem } });
const watched = (...pairs: readonly (readonly [address: string, account: string])[]) => new Map(pairs);
/** An interval that has ended, and the next one. */
const TABLE = [
  set(`of-${ONE}`, "10.0.0.5"),
  set(`ports-0-${START}-${ONE}`, element(KEY, 3)),
  set(`ports-1-${START}-${ONE}`, element(KEY, 2)),
  set(`plain-0-${START}-${ONE}`, element(["10.0.0.5", "10.0.0.6", 1], 1)),
  set(`syn-0-${START}-${ONE}`, element(KEY, 0)),
  set(`rst-0-${START}-${ONE}`, element(KEY, 0)),
  set(`ports-0-${START + 60_000}-${ONE}`),
];

test("nothing is in the kernel while nobody is watched, and nothing is told where nothing changes", async () => {
  const { nft, told, held } = toldNft();
  const counts = nftFlowCounts(nft, "1", () => START);
  await counts.watch(new Map());
  expect(await counts.turn(START)).toEqual([]);
  expect(told).toEqual([]);
  await counts.watch(watched(["10.0.0.5", ONE]));
  await counts.watch(watched(["10.0.0.5", ONE]));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(`add element inet airfield-1-flows of-${ONE} { 10.0.0.5 }`);
  await counts.watch(watched(["10.0.0.6", ONE]));
  const elements = (address: string) => [
    `of-${ONE} { ${address} }`,
    ...[0, 1, 2].flatMap((at) => [
      `from-${at} { ${address} : jump count-${at}-${ONE} }`,
      `to-${at} { ${address} : jump got-${at}-${ONE} }`,
    ]),
  ];
  expect(told[1]?.trimEnd().split("\n")).toEqual([
    ...elements("10.0.0.5").map((one) => `delete element inet airfield-1-flows ${one}`),
    ...elements("10.0.0.6").map((one) => `add element inet airfield-1-flows ${one}`),
  ]);
  held.table = TABLE;
  await counts.watch(new Map());
  expect(told[2]).toBe("delete table inet airfield-1-flows\n");
  expect(flowTableOf("1")).toBe("airfield-1-flows");
});

test("it is counted before the first stage of the filter, between the two and after the second one", async () => {
  const { nft, told } = toldNft();
  await nftFlowCounts(nft, "1", () => START).watch(watched(["10.0.0.5", ONE]));
  const priorities = [...told[0]!.matchAll(/(\S+) \{ type filter hook \w+ priority (-\d+)/g)].map(([, chain, at]) => `${chain} ${at}`);
  expect(priorities.filter((text) => text.startsWith("forward"))).toEqual(["forward-0 -13", "forward-1 -11", "forward-2 -9"]);
  expect(priorities).toHaveLength(9);
});

test("an interval that an earlier life left is told, until it is forgotten", async () => {
  const { nft, told, held } = toldNft(TABLE);
  const counts = nftFlowCounts(nft, "1", () => START);
  await counts.watch(watched(["10.0.0.5", ONE]));
  expect(told).toEqual([]);
  const now = START + 120_000;
  held.table = [...TABLE, set(`ports-0-${now}-${ONE}`)];
  const intervals = await counts.turn(now);
  expect(told[0]).toContain(`flush chain inet airfield-1-flows count-1-${ONE}\n`);
  expect(told[0]).toContain(`add @ports-1-${now}-${ONE} {`);
  expect(intervals.map(({ startedAt, endedAt }) => [startedAt, endedAt])).toEqual([
    [START, START + 60_000],
    [START + 60_000, now],
  ]);
  expect(intervals[0]!.flows).toEqual([
    {
      ...{ source: "10.0.0.5", destination: "10.0.0.6", protocol: 6, sourcePort: 40000, destinationPort: 80, tcpFlags: 6 },
      firstAt: START + 60_000,
      ...{ sent: { packets: 3, bytes: 180 }, passedSender: { packets: 2, bytes: 120 }, passedReceiver: { packets: 0, bytes: 0 } },
    },
    {
      ...{ source: "10.0.0.5", destination: "10.0.0.6", protocol: 1, sourcePort: 0, destinationPort: 0, tcpFlags: 0 },
      firstAt: START + 60_000,
      ...{ sent: { packets: 1, bytes: 60 }, passedSender: { packets: 0, bytes: 0 }, passedReceiver: { packets: 0, bytes: 0 } },
    },
  ]);
  await counts.forget(intervals[0]!);
  expect(told[1]).toContain(`delete set inet airfield-1-flows ports-0-${START}-${ONE}\n`);
  expect(told[1]).not.toContain(String(START + 60_000));
  await counts.forget({ startedAt: now });
  expect(told).toHaveLength(2);
});

test("each account has a share of its own, of which it alone has less when it fills it; what is between two is counted of both, and told once", async () => {
  const { nft, told, held } = toldNft();
  const counts = nftFlowCounts(nft, "1", () => START);
  await counts.watch(watched(["10.0.0.5", ONE]));
  expect(told[0]).toContain(`ports-0-${START}-${ONE} { type ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service; size 65536;`);
  await counts.watch(watched(["10.0.0.5", ONE], ["10.0.0.6", TWO]));
  expect(told[1]).toContain(`ports-0-${START}-${TWO} { type ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service; size 32768;`);
  expect(told[1]).not.toContain(`-${ONE} {`);
  const other = ["10.0.0.5", "10.0.0.7", 6, 40001, 80] as const;
  held.table = [
    ...[set(`of-${ONE}`, "10.0.0.5"), set(`of-${TWO}`, "10.0.0.6")],
    sized(`ports-0-${START}-${ONE}`, 2, element(KEY, 3), element(other, 1)),
    sized(`ports-0-${START}-${TWO}`, 2, element(KEY, 2)),
    set(`ports-0-${START + 60_000}-${ONE}`),
  ];
  const [interval] = await counts.turn(START + 60_000);
  expect([...interval!.full]).toEqual([ONE]);
  expect(interval!.flows.map(({ destination, sent }) => [destination, sent.packets])).toEqual([
    ["10.0.0.6", 3],
    ["10.0.0.7", 1],
  ]);
});

test("an account that nobody watches any more goes with its interval", async () => {
  const { nft, told } = toldNft();
  const counts = nftFlowCounts(nft, "1", () => START);
  await counts.watch(watched(["10.0.0.5", ONE], ["10.0.0.6", TWO]));
  await counts.watch(watched(["10.0.0.5", ONE]));
  expect(told[1]).not.toContain("chain");
  await counts.turn(START + 60_000);
  expect(told[2]).toContain(`delete chain inet airfield-1-flows count-0-${TWO}\n`);
  expect(told[2]).toContain(`delete set inet airfield-1-flows of-${TWO}\n`);
  expect(told[2]).not.toContain(`delete chain inet airfield-1-flows count-0-${ONE}`);
});

test("what an earlier version counted, for all together, is taken away", async () => {
  const { nft, told } = toldNft([set("watched", "10.0.0.5"), set(`ports-0-${START}`)]);
  await nftFlowCounts(nft, "1", () => START).watch(watched(["10.0.0.5", ONE]));
  expect(told[0]).toBe("delete table inet airfield-1-flows\n");
  expect(told[1]).toContain("add table inet airfield-1-flows\n");
});
