import { expect, test } from "vitest";
import { NftMissingError, NftRefusedError } from "./nft.ts";
import { whyNoPacketFilter } from "./why-not.ts";

const yes = { nft: { run: () => Promise.resolve() }, isHere: true, bridged: () => Promise.resolve("1\n") };

test.each([
  ["all there is", yes, /^$/],
  ["an engine elsewhere", { ...yes, isHere: false }, /keeps its networks where/],
  ["no nft", { ...yes, nft: { run: () => Promise.reject(new NftMissingError()) } }, /`nft` .* is not installed/],
  [
    "no right",
    { ...yes, nft: { run: () => Promise.reject(new NftRefusedError("nft refuses: Operation not permitted")) } },
    /takes root or the capability/,
  ],
  ["no bridged packets", { ...yes, bridged: () => Promise.resolve("0\n") }, /bridge-nf-call-iptables=1/],
  ["no bridges at all", { ...yes, bridged: () => Promise.reject(new Error("ENOENT")) }, /bridge-nf-call-iptables=1/],
] as const)("with %s", async (_what, parts, why) => {
  expect((await whyNoPacketFilter(parts)) ?? "").toMatch(why);
});
