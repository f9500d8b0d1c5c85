import { expect, test } from "vitest";
import { NftRefusedError } from "./nft.ts";
import { nftPublicSenders, removePublicSenders, senderTable } from "./public-senders.ts";

const TABLE = "ip airfield-a1-senders";
const GONE = `add table ${TABLE}\ndelete table ${TABLE}\n`;
const one = { from: "10.0.1.0/24", to: "0.0.0.0/1", as: "203.0.113.5" };
const other = { from: "10.0.0.7", to: "0.0.0.0/0", as: "203.0.113.6" };

function world(answer: (commands: string) => void = () => undefined) {
  const ran: string[] = [];
  const senders = nftPublicSenders(
    {
      run: async (commands) => {
        ran.push(commands);
        answer(commands);
      },
    },
    "a1",
  );
  return { ran, senders };
}

test("without senders there is no table; it is there with the first one, changed element by element, and goes with the last", async () => {
  const { ran, senders } = world();
  await senders.adopt(new Map());
  await senders.replace("vpc-1", []);
  expect(ran).toEqual([GONE]);
  await senders.replace("vpc-1", [one]);
  expect(ran[1]).toContain(`${GONE}table ${TABLE} {`);
  expect(ran[1]).toContain("elements = { 10.0.1.0/24 . 0.0.0.0/1 : 203.0.113.5 }");
  // Before the engine's own, at 100.
  expect(ran[1]).toMatch(/postrouting priority 98; policy accept;\n\s+snat to ip saddr \. ip daddr map @senders\n/);
  await senders.replace("203.0.113.6", [other]);
  await senders.replace("vpc-1", [one]);
  await senders.replace("vpc-1", [{ ...one, as: "203.0.113.9" }]);
  await senders.replace("203.0.113.6", []);
  expect(ran.slice(2)).toEqual([
    `add element ${TABLE} senders { 10.0.0.7 . 0.0.0.0/0 : 203.0.113.6 }\n`,
    `delete element ${TABLE} senders { 10.0.1.0/24 . 0.0.0.0/1 : 203.0.113.5 }\nadd element ${TABLE} senders { 10.0.1.0/24 . 0.0.0.0/1 : 203.0.113.9 }\n`,
    `delete element ${TABLE} senders { 10.0.0.7 . 0.0.0.0/0 : 203.0.113.6 }\n`,
  ]);
  await senders.replace("vpc-1", []);
  expect(ran.at(-1)).toBe(GONE);
});

test("where somebody changed the table, it is made anew with all there is", async () => {
  const { ran, senders } = world((commands) => {
    if (commands.startsWith("add element")) throw new NftRefusedError("nft refuses: No such file or directory");
  });
  await senders.adopt(new Map([["vpc-1", [one]]]));
  await senders.replace("203.0.113.6", [other]);
  expect(ran.at(-1)).toContain("elements = { 10.0.1.0/24 . 0.0.0.0/1 : 203.0.113.5, 10.0.0.7 . 0.0.0.0/0 : 203.0.113.6 }");
});

test("the table is taken away, whether it is there or not", async () => {
  const ran: string[] = [];
  await removePublicSenders({ run: async (commands) => void ran.push(commands) }, "a1");
  expect([ran, senderTable("a1")]).toEqual([[GONE], "airfield-a1-senders"]);
});
