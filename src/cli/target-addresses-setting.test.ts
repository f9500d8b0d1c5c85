import { expect, test } from "vitest";
import { targetAddressesSetting } from "./target-addresses-setting.ts";

test.each([
  [undefined, []],
  ["", []],
  ["127.0.0.1", ["127.0.0.1/32"]],
  [" 127.0.0.1 , 192.0.2.0/24,", ["127.0.0.1/32", "192.0.2.0/24"]],
])("%j opens %j", (text, blocks) => {
  expect(targetAddressesSetting({ AIRFIELD_TARGET_ADDRESSES: text })).toEqual(blocks);
});

test.each(["localhost", "127.1", "0177.0.0.1", "10.0.0.1/8", "10.0.0.0/33", "::1", "10.0.0.0/8;127.0.0.1"])("%s is refused", (text) => {
  expect(() => targetAddressesSetting({ AIRFIELD_TARGET_ADDRESSES: text })).toThrow("no IPv4 address or block");
});
