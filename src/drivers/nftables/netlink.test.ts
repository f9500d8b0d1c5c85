import { expect, test } from "vitest";
import { elementMessages } from "./element-messages.ts";
import { kernelNetlink } from "./netlink.ts";
import { NftRefusedError } from "./nft.ts";

const netlink = kernelNetlink();

test.skipIf(!netlink)("what the kernel refuses is told, each time, and changes of others meanwhile are not mixed up with it", async () => {
  const added = new Map([["tasks", new Map([["10.0.0.4", ""]])]]);
  const none = { chains: new Map(), sets: new Map(), gone: new Map(), chainsGone: [], setsGone: [] };
  const messages = elementMessages("airfield-no-such-table", { ...none, added }, () => "addresses")!;
  // Who may not change the filter at all is told so.
  const refusal = /refuses a change of its packet filter: (ENOENT|EPERM)$/;
  const runs = [netlink!.run(messages), netlink!.run(messages), netlink!.run(messages)];
  for (const run of runs) {
    await expect(run).rejects.toThrow(NftRefusedError);
    await expect(run).rejects.toThrow(refusal);
  }
});
