import { expect, test } from "vitest";
import { parseCidr } from "../domain/cidr.ts";
import { loopbackBlock } from "./public-addresses.ts";

test("every installation has a block of loopback of its own, the same at every start", () => {
  expect(loopbackBlock("00000000")).toBe("127.128.0.0/18");
  expect(loopbackBlock("000001ff")).toBe("127.255.192.0/18");
  expect(parseCidr(loopbackBlock("deadbeef"))?.size).toBe(16_384);
  expect(loopbackBlock("deadbeef")).toBe(loopbackBlock("deadbeef"));
});
