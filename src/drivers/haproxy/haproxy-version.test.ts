import { expect, test } from "vitest";
import { HaproxyMissingError, requireHaproxy } from "./haproxy-version.ts";

test.each([
  ["a program that is not there", "/nowhere/haproxy"],
  ["another program", process.execPath],
])("nothing is started without HAProxy: %s", async (_, binary) => {
  await expect(requireHaproxy(binary)).rejects.toThrow(HaproxyMissingError);
});
