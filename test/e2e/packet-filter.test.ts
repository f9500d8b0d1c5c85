import { describe, expect, test } from "vitest";
import { kernelNetlink } from "../../src/drivers/nftables/netlink.ts";
import { nftProgram, type Nft } from "../../src/drivers/nftables/nft.ts";
import { nftPacketFilter, removePacketFilter, tableOf } from "../../src/drivers/nftables/packet-filter.ts";
import { packetFilterContract } from "../../src/testing/packet-filter-contract.ts";

let next = 0;

describe.each([
  ["told by nft alone", undefined],
  ["told by the kernel's own messages where it can be", kernelNetlink()],
])("a packet filter that is %s", (_, netlink) => {
  packetFilterContract(() => {
    const nft = nftProgram();
    next += 1;
    const installation = `test-${process.pid}-${next}`;
    return Promise.resolve({
      filter: nftPacketFilter(nft, installation, netlink),
      another: () => nftPacketFilter(nft, installation, netlink),
      tamper: (set, address) => nft.run(`delete element inet ${tableOf(installation)} ${set} { ${address} }\n`),
      [Symbol.asyncDispose]: () => removePacketFilter(nft, installation),
    });
  });
});

test.skipIf(!kernelNetlink())("a task that comes or goes needs no nft", async () => {
  const nft = nftProgram();
  next += 1;
  const installation = `test-${process.pid}-${next}`;
  const calls: string[] = [];
  const watched: Nft = { ...nft, run: (commands) => (calls.push(commands), nft.run(commands)) };
  const filter = nftPacketFilter(watched, installation, kernelNetlink());
  const elements = new Map([["10.99.0.4", "accept"]]);
  try {
    await filter.adopt({ chains: new Map(), sets: new Map([["ingress", { kind: "verdicts", elements: new Map() }]]) });
    const change = { chains: new Map(), sets: new Map(), gone: new Map(), added: new Map(), chainsGone: [], setsGone: [] };
    calls.length = 0;
    await filter.apply({ ...change, added: new Map([["ingress", elements]]) });
    await filter.apply({ ...change, gone: new Map([["ingress", elements]]) });
    expect(calls).toEqual([]);
  } finally {
    await removePacketFilter(nft, installation);
  }
});
