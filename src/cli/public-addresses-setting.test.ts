import { expect, test } from "vitest";
import { publicAddressesSetting } from "./public-addresses-setting.ts";

const read = (text: string | undefined) => publicAddressesSetting({ AIRFIELD_PUBLIC_ADDRESSES: text });

test("public addresses are of one block", () => {
  expect(read(undefined)).toBeUndefined();
  expect(read("")).toBeUndefined();
  expect(read(" 203.0.113.0/24 ")).toBe("203.0.113.0/24");
});

test.each(["203.0.113.1/24", "203.0.113.0", "10.0.0.0/7", "10.0.0.0/31", "all"])("%s is refused, with how it is written", (text) => {
  expect(() => read(text)).toThrow(`AIRFIELD_PUBLIC_ADDRESSES is "${text}", which is no block of IPv4 addresses`);
});
