import { afterEach, expect, test, vi } from "vitest";
import { dnsSetting, sharedDomainsSetting } from "./setting.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  [undefined, 4566, { address: "127.0.0.1", port: 4553, asked: false }],
  [undefined, 0, undefined],
  ["off", 4566, undefined],
  ["10.0.0.1:53", 0, { address: "10.0.0.1", port: 53, asked: true }],
])("with %j beside port %d", (flag, port, setting) => {
  vi.stubEnv("AIRFIELD_DNS", "");
  expect(dnsSetting(flag, port)).toEqual(setting);
});

test("the variable counts where there is no flag", () => {
  vi.stubEnv("AIRFIELD_DNS", "127.0.0.1:5353");
  expect(dnsSetting(undefined, 0)).toEqual({ address: "127.0.0.1", port: 5353, asked: true });
  expect(dnsSetting("off", 0)).toBeUndefined();
});

test.each(["", "127.0.0.1", "localhost:53", "127.0.0.1:x", "127.0.0.1:70000", "::1:53", "127.0.0.1:53:1"])("%j is refused", (text) => {
  expect(() => dnsSetting(text, 0)).toThrow("is no place for a name server");
});

test("domains that all accounts share are names with commas in between", () => {
  vi.stubEnv("AIRFIELD_SHARED_DOMAINS", "Example.org, corp.lan.,");
  expect(sharedDomainsSetting()).toEqual(["example.org.", "corp.lan."]);
  vi.stubEnv("AIRFIELD_SHARED_DOMAINS", "a..b");
  expect(() => sharedDomainsSetting()).toThrow('"a..b" is no domain');
});
