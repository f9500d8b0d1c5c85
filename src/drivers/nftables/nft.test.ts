import { expect, test } from "vitest";
import { nftProgram, NftMissingError, NftRefusedError, type Ended } from "./nft.ts";

const saying = (ended: Partial<Ended>) => {
  const calls: unknown[] = [];
  const nft = nftProgram((...call) => {
    calls.push(call);
    return Promise.resolve({ code: 0, output: "", errors: "", ...ended });
  });
  return { nft, calls };
};

test("commands are one transaction, and none is no call", async () => {
  const { nft, calls } = saying({});
  await nft.run("");
  expect(calls).toEqual([]);
  await nft.run("add table inet a\nadd table inet b\n");
  expect(calls).toEqual([[["--file", "-"], "add table inet a\nadd table inet b\n"]]);
});

test("what nft refuses is told in its words", async () => {
  const { nft } = saying({ code: 1, errors: "/dev/stdin:1:1-9: Error: Could not process rule: Operation not permitted\nadd table\n^^^" });
  await expect(nft.run("add table inet a")).rejects.toThrow(NftRefusedError);
  await expect(nft.run("add table inet a")).rejects.toThrow("Operation not permitted");
  await expect(nft.read("inet", "a")).rejects.toThrow(NftRefusedError);
});

test("a table that is not there has nothing", async () => {
  const { nft } = saying({ code: 1, errors: "Error: No such file or directory\nlist table inet a" });
  expect(await nft.read("inet", "a")).toBeUndefined();
});

test("a table is what its JSON says", async () => {
  const { nft } = saying({ output: '{"nftables":[{"metainfo":{}},{"table":{"name":"a"}}]}' });
  expect(await nft.read("inet", "a")).toEqual([{ metainfo: {} }, { table: { name: "a" } }]);
});

test("a machine without nft is told apart", async () => {
  const nft = nftProgram(() => Promise.reject(Object.assign(new Error("spawn nft ENOENT"), { code: "ENOENT" })));
  await expect(nft.run("add table inet a")).rejects.toThrow(NftMissingError);
});
