import { nftProgram } from "../../src/drivers/nftables/nft.ts";
import { nftPacketFilter, removePacketFilter, tableOf } from "../../src/drivers/nftables/packet-filter.ts";
import { packetFilterContract } from "../../src/testing/packet-filter-contract.ts";

let next = 0;

packetFilterContract(() => {
  const nft = nftProgram();
  next += 1;
  const installation = `test-${process.pid}-${next}`;
  return Promise.resolve({
    filter: nftPacketFilter(nft, installation),
    another: () => nftPacketFilter(nft, installation),
    tamper: (set, address) => nft.run(`delete element inet ${tableOf(installation)} ${set} { ${address} }\n`),
    [Symbol.asyncDispose]: () => removePacketFilter(nft, installation),
  });
});
