import { FakePacketFilter } from "./fake-packet-filter.ts";
import { packetFilterContract } from "./packet-filter-contract.ts";

packetFilterContract(() => {
  const filter = new FakePacketFilter();
  return Promise.resolve({
    filter,
    another: () => filter,
    tamper: (set, address) => Promise.resolve(void (filter.held.sets.get(set)!.elements as Map<string, string>).delete(address)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
