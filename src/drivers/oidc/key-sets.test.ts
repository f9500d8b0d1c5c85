import { expect, test } from "vitest";
import { keySets, readKeySet } from "./key-sets.ts";

test.each(["http://127.0.0.1:1/keys", "https://169.254.169.254/keys", "https://127.0.0.1:1/keys", "keys"])(
  "%s gives no keys, and nothing is thrown",
  async (endpoint) => {
    expect(await keySets.fetch(endpoint)).toMatchObject({ kind: "failed" });
  },
);

test.each([
  ["nothing", {}, "is no set of keys"],
  ["a text", { keys: "x" }, "is no set of keys"],
  ["what is no key", { keys: [null] }, "is no set of keys"],
  ["eleven keys", { keys: Array.from({ length: 11 }, () => ({})) }, "more than 10 keys"],
])("a document with %s is none", (_what, content, detail) => {
  expect(readKeySet("e", content)).toEqual({ kind: "failed", detail: expect.stringContaining(detail) as string });
});

test("ten keys are ten", () => {
  const keys = Array.from({ length: 10 }, (_, at) => ({ kid: String(at) }));
  expect(readKeySet("e", { keys })).toEqual({ kind: "found", keys });
});
