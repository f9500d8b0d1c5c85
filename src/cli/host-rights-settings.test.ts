import { afterEach, expect, test, vi } from "vitest";
import { hostRightsSettings } from "./host-rights-settings.ts";

afterEach(() => void vi.unstubAllEnvs());

test("nothing is granted unless the operator says so", () => {
  for (const name of ["PATHS", "VOLUMES", "IMAGES"]) vi.stubEnv(`AIRFIELD_HOST_${name}`, "");
  vi.stubEnv("AIRFIELD_PRIVILEGED_ACCOUNTS", undefined);
  expect(hostRightsSettings({})).toEqual({ paths: [], volumes: [], privilegedAccounts: [], imagesMadeHere: true });
});

test("lists have commas; a grant is for one account, or for all", () => {
  vi.stubEnv("AIRFIELD_HOST_PATHS", " /srv/all/ , 222222222222=/srv//one=1,");
  vi.stubEnv("AIRFIELD_HOST_VOLUMES", "db,222222222222=cache");
  vi.stubEnv("AIRFIELD_PRIVILEGED_ACCOUNTS", "123456789012,222222222222");
  vi.stubEnv("AIRFIELD_HOST_IMAGES", "off");
  expect(hostRightsSettings({})).toEqual({
    paths: [{ path: "/srv/all" }, { account: "222222222222", path: "/srv/one=1" }],
    volumes: [{ name: "db" }, { account: "222222222222", name: "cache" }],
    privilegedAccounts: ["123456789012", "222222222222"],
    imagesMadeHere: false,
  });
});

test("flags stand before the environment", () => {
  vi.stubEnv("AIRFIELD_HOST_PATHS", "/srv/environment");
  expect(hostRightsSettings({ hostPath: ["/srv/a,b"], hostVolume: ["x"], privilegedAccount: ["123456789012"] })).toMatchObject({
    paths: [{ path: "/srv/a,b" }],
    volumes: [{ name: "x" }],
    privilegedAccounts: ["123456789012"],
  });
});

test.each([
  ["AIRFIELD_HOST_PATHS", "srv", '"srv" is not an absolute path'],
  ["AIRFIELD_HOST_PATHS", "222=/srv", '"222" is not an account'],
  ["AIRFIELD_HOST_PATHS", "all=/srv", '"all" is not an account'],
  ["AIRFIELD_HOST_VOLUMES", "/srv", `"/srv" is not a volume's name`],
  ["AIRFIELD_HOST_VOLUMES", "=x", '"" is not an account'],
  ["AIRFIELD_PRIVILEGED_ACCOUNTS", "*", '"*" is not an account'],
  ["AIRFIELD_HOST_IMAGES", "maybe", "AIRFIELD_HOST_IMAGES=maybe is neither on nor off"],
])("%s=%s is an error that teaches", (name, value, message) => {
  vi.stubEnv(name, value);
  expect(() => hostRightsSettings({})).toThrow(expect.objectContaining({ name: "CliError", message, advice: expect.any(String) }));
});
