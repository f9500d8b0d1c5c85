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
/** An interval that has ended, and the next one. */
const TABLE = [
  set("watched", "10.0.0.5"),
  set(`ports-0-${START}`, element(KEY, 3)),
  set(`ports-1-${START}`, element(KEY, 2)),
  set(`plain-0-${START}`, element(["10.0.0.5", "10.0.0.6", 1], 1)),
  set(`syn-0-${START}`, element(KEY, 0)),
  set(`rst-0-${START}`, element(KEY, 0)),
  set(`ports-0-${START + 60_000}`),
];

test("nothing is in the kernel while nobody is watched, and nothing is told where nothing changes", async () => {
  const { nft, told, held } = toldNft();
  const counts = nftFlowCounts(nft, "1", () => START);
  await counts.watch(new Set());
  expect(await counts.turn(START)).toEqual([]);
  expect(told).toEqual([]);
  await counts.watch(new Set(["10.0.0.5"]));
  await counts.watch(new Set(["10.0.0.5"]));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("add element inet airfield-1-flows watched { 10.0.0.5 }");
  await counts.watch(new Set(["10.0.0.6"]));
  expect(told[1]).toBe(
    "delete element inet airfield-1-flows watched { 10.0.0.5 }\nadd element inet airfield-1-flows watched { 10.0.0.6 }\n",
  );
  held.table = TABLE;
  await counts.watch(new Set());
  expect(told[2]).toBe("delete table inet airfield-1-flows\n");
  expect(flowTableOf("1")).toBe("airfield-1-flows");
});

test("it is counted before the first stage of the filter, between the two and after the second one", async () => {
  const { nft, told } = toldNft();
  await nftFlowCounts(nft, "1", () => START).watch(new Set(["10.0.0.5"]));
  const priorities = [...told[0]!.matchAll(/(\S+) \{ type filter hook \w+ priority (-\d+)/g)].map(([, chain, at]) => `${chain} ${at}`);
  expect(priorities.filter((text) => text.startsWith("forward"))).toEqual(["forward-0 -13", "forward-1 -11", "forward-2 -9"]);
  expect(priorities).toHaveLength(9);
});

test("an interval that an earlier life left is told, until it is forgotten", async () => {
  const { nft, told, held } = toldNft(TABLE);
  const counts = nftFlowCounts(nft, "1", () => START);
  await counts.watch(new Set(["10.0.0.5"]));
  expect(told).toEqual([]);
  const now = START + 120_000;
  held.table = [...TABLE, set(`ports-0-${now}`)];
  const intervals = await counts.turn(now);
  expect(told[0]).toContain(`flush chain inet airfield-1-flows count-1\n`);
  expect(told[0]).toContain(`add @ports-1-${now} {`);
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
  expect(told[1]).toContain(`delete set inet airfield-1-flows ports-0-${START}\n`);
  await counts.forget({ startedAt: now });
  expect(told).toHaveLength(2);
});
