import type { LookupFunction } from "node:net";
import { expect, test } from "vitest";
import { guardedGet } from "./guarded-get.ts";

const signal = AbortSignal.timeout(5000);

test.each([
  "https://169.254.169.254/.well-known/openid-configuration",
  "http://169.254.170.2/",
  "https://[::ffff:169.254.169.254]/",
  "https://[fe80::1]/",
  "https://2852039166/",
  "https://0xa9fea9fe/",
  "https://0.0.0.0/",
  "https://100.100.100.200/",
])("%s is asked by nobody", async (url) => {
  await expect(guardedGet(new URL(url), signal)).rejects.toThrow("is no address of an issuer");
});

test.each([
  ["one", "169.254.169.254"],
  [
    "one of several",
    [
      { address: "192.0.2.1", family: 4 },
      { address: "169.254.170.2", family: 4 },
    ],
  ],
])("nor is it under a name that leads there, by %s of its addresses", async (_, found) => {
  const lookup = ((_name, _options, answer) => answer(null, found as string, 4)) as LookupFunction;
  await expect(guardedGet(new URL("https://issuer.example/"), signal, lookup)).rejects.toThrow("is no address of an issuer");
});
