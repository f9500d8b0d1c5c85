import { afterEach, expect, test, vi } from "vitest";
import { browserSettings } from "./browser-settings.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each<[string, string | undefined, string | undefined, unknown]>([
  ["nothing is added where nothing is said", undefined, "", {}],
  ["a name", "Airfield.Example.com", undefined, { hostNames: ["airfield.example.com"] }],
  ["several, and all below one", "a.lan, *.example.com  b", undefined, { hostNames: ["a.lan", "*.example.com", "b"] }],
  ["addresses", "192.0.2.7,[FD00::1],fd00::2", undefined, { hostNames: ["192.0.2.7", "fd00::1", "fd00::2"] }],
  ["origins", undefined, "https://c.example.com http://localhost:5173", { origins: ["https://c.example.com", "http://localhost:5173"] }],
])("%s", (_, names, origins, expected) => {
  vi.stubEnv("AIRFIELD_HOST_NAMES", names);
  vi.stubEnv("AIRFIELD_ORIGINS", origins);
  expect(browserSettings()).toEqual(expected);
});

test.each(["*", "a:80", "http://a", "a/b", "*.", "a.*", "[a]", "*.*.a", ".a"])("%s is no host name", (text) => {
  vi.stubEnv("AIRFIELD_HOST_NAMES", text);
  vi.stubEnv("AIRFIELD_ORIGINS", undefined);
  expect(() => browserSettings()).toThrow(`AIRFIELD_HOST_NAMES: ${JSON.stringify(text)}`);
});

test.each([
  "*",
  "null",
  "console.example.com",
  "https://a/",
  "https://a:443",
  "https://A",
  "https://a/b",
  "data:x",
  "ftp://a",
  "https://*.example.com",
])("%s is no origin", (text) => {
  vi.stubEnv("AIRFIELD_HOST_NAMES", undefined);
  vi.stubEnv("AIRFIELD_ORIGINS", text);
  expect(() => browserSettings()).toThrow(`AIRFIELD_ORIGINS: ${JSON.stringify(text)}`);
});
