import { afterEach, expect, test, vi } from "vitest";
import { pullThroughUpstreamsSetting } from "./upstream-setting.ts";

afterEach(() => void vi.unstubAllEnvs());

const setting = (text: string): readonly string[] => {
  vi.stubEnv("AIRFIELD_PULL_THROUGH_UPSTREAMS", text);
  return pullThroughUpstreamsSetting();
};

test("nothing is allowed where nothing is said", () => {
  expect(setting("")).toEqual([]);
});

test("each registry is reached over TLS, except where it is said otherwise", () => {
  expect(setting("registry.example.com, registry.example.com:5000 http://localhost:5000\nhttps://[0:0::1]:443")).toEqual([
    "https://registry.example.com",
    "https://registry.example.com:5000",
    "http://localhost:5000",
    "https://[::1]",
  ]);
});

test.each(["*", "*.example.com", "registry.example.com/team", "user@registry.example.com", "ftp://registry.example.com", "host:0", "Host"])(
  "%s is no registry",
  (text) => {
    expect(() => setting(text)).toThrow(`${JSON.stringify(text)} is no host`);
  },
);
