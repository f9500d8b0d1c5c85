import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { NODE_VERSIONS, runsOnNode } from "./node-version.ts";

test("what doctor asks of Node.js is what the package does", async () => {
  const { engines } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { engines: { node: string } };
  expect(engines.node).toBe(NODE_VERSIONS);
});

test.each([
  ["20.18.3", false],
  ["20.19.0", true],
  ["21.7.3", false],
  ["22.11.0", false],
  ["22.12.0", true],
  ["23.4.0", false],
  ["24.0.0", true],
  ["25.1.0", true],
])("Airfield runs on Node.js %s: %s", (version, runs) => {
  expect(runsOnNode(version)).toBe(runs);
});
