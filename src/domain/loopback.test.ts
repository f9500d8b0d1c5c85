import { expect, test } from "vitest";
import { isLoopbackHost } from "./loopback.ts";

test.each([
  "localhost",
  "LocalHost",
  "localhost.",
  "app.localhost",
  "127.0.0.1",
  "127.9.9.9",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0x7f.1",
  "0177.0.0.1",
  "0",
  "0.0.0.0",
  "::1",
  "[::1]",
  "0:0:0:0:0:0:0:1",
  "::",
  "::ffff:127.0.0.1",
  "[::ffff:7f00:1]",
])("%s is this machine", (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each([
  "",
  "example.com",
  "localhost.example.com",
  "notlocalhost",
  "10.0.0.1",
  "128.0.0.1",
  "12.7.0.1",
  "1",
  "::2",
  "fe80::1",
  "::ffff:10.0.0.1",
  "fd00::7f00:1",
])("%j is not", (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
