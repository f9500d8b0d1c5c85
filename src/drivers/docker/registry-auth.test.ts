import { expect, test } from "vitest";
import { registryAuthHeader } from "./registry-auth.ts";

test.each(["a", "ab", "abc", "ab?>ÿ"])("a login with the password %j keeps its padding, and reads back", (password) => {
  const header = registryAuthHeader({ username: "AWS", password })["x-registry-auth"];
  expect(header).toMatch(/^[A-Za-z0-9_-]+={0,2}$/);
  expect(header.length % 4).toBe(0);
  expect(JSON.parse(Buffer.from(header, "base64url").toString("utf8"))).toEqual({ username: "AWS", password });
});
