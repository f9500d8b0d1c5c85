import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuzzRuns } from "../testing/fuzz-runs.ts";
import { componentsBelow, decideHostPath, normalPath, opensVolume, type HostGrants } from "./host-grants.ts";

const [A, B] = ["111111111111", "222222222222"];
const GRANTS: HostGrants = {
  paths: [{ path: "/srv/all" }, { account: A, path: "/srv/a" }, { account: A, path: "/var" }],
  privilegedAccounts: [],
  volumes: [{ name: "all" }, { account: A, name: "one" }],
  ownFolders: "/var/lib/airfield/host-volumes",
  never: ["/var/lib/airfield", "/var/run/docker.sock"],
};

describe("a host path", () => {
  test.each([
    ["that everybody has", "/srv/all/x", { folder: "/srv/all", below: ["x"] }],
    ["that is the granted folder itself", "/srv/a/", { folder: "/srv/a", below: [] }],
    ["that is written oddly", "//srv/./b/..//a///x", { folder: "/srv/a", below: ["x"] }],
    ["that only begins like a granted one", "/srv/ab", { refused: "not-granted" }],
    ["in other letters", "/SRV/a", { refused: "not-granted" }],
    ["that climbs out", "/srv/a/../../etc", { refused: "not-granted" }],
    ["that holds a granted one", "/srv", { refused: "not-granted" }],
    ["that is the root", "/", { refused: "never" }],
    ["that holds Airfield's data", "/var/lib", { refused: "never" }],
    ["that is a granted folder which holds Airfield's data", "/var", { refused: "never" }],
    ["in Airfield's data", "/var/lib/airfield/state.db", { refused: "never" }],
    ["that is the engine's socket", "/var/run/docker.sock", { refused: "never" }],
    ["that holds the engine's socket", "/var/run", { refused: "never" }],
    ["beside Airfield's data", "/var/lib/airfield2", { folder: "/var", below: ["lib", "airfield2"] }],
    [
      "directly in the account's own folder",
      `/var/lib/airfield/host-volumes/${A}/db`,
      { folder: `/var/lib/airfield/host-volumes/${A}`, below: ["db"] },
    ],
    ["deeper in it", `/var/lib/airfield/host-volumes/${A}/db/x`, { refused: "never" }],
    ["that is the account's own folder", `/var/lib/airfield/host-volumes/${A}`, { refused: "never" }],
    ["in another account's own folder", `/var/lib/airfield/host-volumes/${B}/db`, { refused: "never" }],
    ["that is relative", "srv/a", { refused: "malformed" }],
    ["that is empty", "", { refused: "malformed" }],
    ["with a zero in it", "/srv/a\0", { refused: "malformed" }],
  ])("%s: %j", (_what, path, expected) => {
    expect(decideHostPath(path, A, GRANTS)).toEqual(expected);
  });

  test("that is another account's is not granted", () => {
    expect(decideHostPath("/srv/a/x", B, GRANTS)).toEqual({ refused: "not-granted" });
    expect(decideHostPath("/srv/all/x", B, GRANTS)).toHaveProperty("folder");
  });

  test("whatever is granted, what is granted to nobody stays apart", () => {
    const path = fc.array(fc.constantFrom("a", "ab", "data", "..", ".", "", "x"), { maxLength: 6 }).map((parts) => `/${parts.join("/")}`);
    fc.assert(
      fc.property(path, fc.array(path), fc.array(path, { minLength: 1 }), (asked, granted, never) => {
        const grants = {
          ...GRANTS,
          paths: granted.map((each) => ({ path: normalPath(each) ?? "/" })),
          never: never.map((each) => normalPath(each) ?? "/"),
        };
        const decided = decideHostPath(asked, A, grants);
        if ("refused" in decided) return;
        const given = normalPath(`${decided.folder}/${decided.below.join("/")}`) ?? "";
        expect(given).toBe(normalPath(asked));
        expect(granted.some((each) => componentsBelow(normalPath(each) ?? "/", given))).toBe(true);
        for (const item of grants.never)
          expect([componentsBelow(item, given), componentsBelow(given, item)]).toEqual([undefined, undefined]);
      }),
      { numRuns: fuzzRuns() },
    );
  });
});

test.each([
  ["all", A, true],
  ["all", B, true],
  ["one", A, true],
  ["one", B, false],
  ["none", A, false],
])("the engine's volume %s is opened to %s: %s", (name, account, opened) => {
  expect(opensVolume(name, account, GRANTS)).toBe(opened);
});
