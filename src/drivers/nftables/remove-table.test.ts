import { expect, test } from "vitest";
import { NftMissingError, NftRefusedError } from "./nft.ts";
import { removeTable } from "./remove-table.ts";

const failing = (cause: Error) => removeTable({ run: () => Promise.reject(cause) }, "inet airfield-1");

test("a table is taken away whether it was there or not", async () => {
  const ran: string[] = [];
  await removeTable({ run: async (text) => void ran.push(text) }, "inet airfield-1");
  expect(ran).toEqual(["add table inet airfield-1\ndelete table inet airfield-1\n"]);
});

test("who could not have made one has none", async () => {
  for (const cause of [
    new NftMissingError(),
    new NftRefusedError("nft refuses: Operation not permitted"),
    new NftRefusedError("nft refuses: you must be root"),
  ])
    await expect(failing(cause)).resolves.toBeUndefined();
});

test("one that the kernel keeps for another reason is not called gone", async () => {
  await expect(failing(new NftRefusedError("nft refuses: Device or resource busy"))).rejects.toThrow("busy");
});
