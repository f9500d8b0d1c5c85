import { resolve } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { acmeSetting } from "./acme-setting.ts";

afterEach(() => void vi.unstubAllEnvs());

const DIRECTORY = "https://acme.example/directory";
const setting = (values: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(`AIRFIELD_ACME_${name}`, value);
  return acmeSetting();
};

test("nothing is asked elsewhere where nothing is said", () => {
  expect([setting({}), setting({ DIRECTORY: "" })]).toEqual([undefined, undefined]);
});

test("a directory is taken with what belongs to it", () => {
  expect(setting({ DIRECTORY })).toEqual({ directory: DIRECTORY });
  const whole = { DIRECTORY, CONTACT: "ops@example.com", CA_FILE: "ca.pem", EAB_KID: "k", EAB_HMAC_KEY: "h" };
  const externalAccount = { id: "k", key: "h" };
  expect(setting(whole)).toEqual({ directory: DIRECTORY, contact: "ops@example.com", caFile: resolve("ca.pem"), externalAccount });
});

test.each<[Readonly<Record<string, string>>, string]>([
  [{ DIRECTORY: "letsencrypt" }, "is no URL of a directory"],
  [{ DIRECTORY: "http://acme.example/directory" }, "is no URL of a directory"],
  [{ DIRECTORY, CONTACT: "ops" }, "is no e-mail address"],
  [{ DIRECTORY, EAB_KID: "k" }, "belong together"],
  [{ CONTACT: "ops@example.com" }, "says nothing without AIRFIELD_ACME_DIRECTORY"],
])("%j is refused", (values, message) => expect(() => setting(values)).toThrow(message));
