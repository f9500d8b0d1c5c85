import { expect, test } from "vitest";
import { NftRefusedError } from "./nft.ts";
import { nftPublicWays, publicTable, removePublicWays } from "./public-ways.ts";

const TABLE = "ip airfield-a1b2-public";

function world(answer: (commands: string) => void = () => undefined) {
  const ran: string[] = [];
  const switched: string[] = [];
  const ways = nftPublicWays({
    nft: {
      run: async (commands) => {
        ran.push(commands);
        answer(commands);
      },
    },
    table: publicTable("a1b2"),
    ip: async (args) => ({ code: 0, errors: "", output: args.at(-1) === "10.0.0.1/32" ? '[{"ifname":"br-0"}]' : "" }),
    set: async (path, value) => void switched.push(`${path}=${value}`),
  });
  return { ran, switched, ways };
}

test("the table is made as one transaction, and then changed element by element", async () => {
  const { ran, ways } = world();
  await ways.adopt(new Map([["127.128.0.9", "10.0.0.5"]]));
  expect(ran[0]).toContain(`flush map ${TABLE} ways\nflush table ${TABLE}\ntable ${TABLE} {`);
  expect(ran[0]).not.toContain("delete");
  expect(ran[0]).toContain("elements = { 127.128.0.9 : 10.0.0.5 }");
  await ways.lead("127.128.0.9", "10.0.0.5");
  await ways.lead("127.128.0.9", "10.0.0.6");
  await ways.lead("127.128.0.10", "10.0.0.7");
  await ways.lead("127.128.0.9", undefined);
  await ways.lead("127.128.0.11", undefined);
  expect(ran.slice(1)).toEqual([
    `delete element ${TABLE} ways { 127.128.0.9 }\nadd element ${TABLE} ways { 127.128.0.9 : 10.0.0.6 }\n`,
    `add element ${TABLE} ways { 127.128.0.10 : 10.0.0.7 }\n`,
    `delete element ${TABLE} ways { 127.128.0.9 }\n`,
  ]);
});

test("where somebody changed the table, it is made anew with all there is", async () => {
  const { ran, ways } = world((commands) => {
    if (commands.startsWith("add element")) throw new NftRefusedError("nft refuses: No such file or directory");
  });
  await ways.adopt(new Map([["127.128.0.9", "10.0.0.5"]]));
  await ways.lead("127.128.0.10", "10.0.0.6");
  expect(ran.at(-1)).toContain("elements = { 127.128.0.9 : 10.0.0.5, 127.128.0.10 : 10.0.0.6 }");
});

test("what tasks send to loopback is dropped, although their bridge may carry such packets", async () => {
  const { ran, switched, ways } = world();
  await ways.adopt(new Map());
  expect(ran[0]).toContain("iifname @bridges ip daddr 127.0.0.0/8 drop");
  expect(ran[0]).toContain("iifname @bridges ip saddr 127.0.0.0/8 drop");
  await ways.open("10.0.0.1");
  await ways.open("10.9.9.9");
  expect(ran.slice(1)).toEqual([`add element ${TABLE} bridges { "br-0" }\n`]);
  expect(switched).toEqual(["/proc/sys/net/ipv4/conf/br-0/route_localnet=1"]);
  await ways.adopt(new Map());
  expect(ran.at(-1)).toContain('elements = { "br-0" }');
});

test("what was opened in an earlier life stays closed to tasks while the table is made anew", async () => {
  const { ran, ways } = world();
  await ways.adopt(new Map());
  // The set of bridges is neither deleted nor emptied.
  expect(ran[0]).not.toMatch(/(delete|flush set|destroy)/);
});

test("the table is taken away, whether it is there or not", async () => {
  const ran: string[] = [];
  await removePublicWays({ run: async (commands) => void ran.push(commands) }, "a1b2");
  expect(ran).toEqual([`add table ${TABLE}\ndelete table ${TABLE}\n`]);
});
