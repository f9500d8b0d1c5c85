import { describe, expect, test } from "vitest";
import type { AffectedPackage, CvssScore, InstalledPackage, RangeEvent } from "../../domain/vulnerability.ts";
import { fixedIn, isAffected } from "./affected.ts";
import { readOsRelease } from "./distribution.ts";
import { compareDpkgVersions } from "./dpkg-version.ts";
import { findVulnerabilities } from "./findings.ts";
import { scanningOf, type ScanningRules } from "./scan-frequency.ts";
import { severityOf } from "./severity.ts";

const from = (introduced: string): RangeEvent => ({ introduced });
const fixed = (version: string): RangeEvent => ({ fixed: version });
const last = (lastAffected: string): RangeEvent => ({ lastAffected });

describe("a version is affected", () => {
  test.each<[string, string, readonly RangeEvent[], readonly string[], boolean]>([
    ["before the fix", "1.2-1", [from("0"), fixed("1.2-2")], [], true],
    ["not with the fix", "1.2-2", [from("0"), fixed("1.2-2")], [], false],
    ["where there is no fix", "9.9", [from("0")], [], true],
    ["not before the flaw came", "0.9", [from("1.0"), fixed("2.0")], [], false],
    ["with the last affected version", "1.5", [from("1.0"), last("1.5")], [], true],
    ["not after the last affected version", "1.5.1", [from("1.0"), last("1.5")], [], false],
    ["when the flaw came back", "3.1", [from("0"), fixed("1.0"), from("3.0"), fixed("4.0")], [], true],
    ["not between two flaws", "2.0", [from("0"), fixed("1.0"), from("3.0"), fixed("4.0")], [], false],
    ["whatever order the events stand in", "3.1", [fixed("4.0"), from("3.0"), fixed("1.0"), from("0")], [], true],
    ["even one older than zero", "0~git1", [from("0"), fixed("1")], [], true],
    ["where it is named", "5.0", [], ["4.0", "5.0"], true],
    ["not where others are named", "5.1", [], ["4.0", "5.0"], false],
  ])("%s", (_what, version, range, versions, expected) => {
    expect(isAffected(version, { versions, ranges: range.length > 0 ? [range] : [] }, compareDpkgVersions)).toBe(expected);
  });

  test("and the fix that is told is the next one of its own range", () => {
    const ranges = [
      [from("1.0"), fixed("1.4")],
      [from("2.0"), fixed("2.3")],
    ];
    expect(fixedIn("2.1", { ranges }, compareDpkgVersions)).toBe("2.3");
    expect(fixedIn("1.1", { ranges }, compareDpkgVersions)).toBe("1.4");
    expect(fixedIn("1.1", { ranges: [[from("0")]] }, compareDpkgVersions)).toBeUndefined();
  });
});

const CVSS: CvssScore = { version: "3.1", vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", score: 9.8 };

test.each<[string | undefined, readonly CvssScore[], string]>([
  [undefined, [], "UNDEFINED"],
  ["not yet assigned", [CVSS], "CRITICAL"],
  ["unimportant", [CVSS], "INFORMATIONAL"],
  ["MODERATE", [], "MEDIUM"],
  ["constructor", [], "UNDEFINED"],
  [undefined, [{ version: "2.0", vector: "", score: 9.3 }], "HIGH"],
  [
    undefined,
    [
      { version: "2.0", vector: "", score: 9.3 },
      { ...CVSS, score: 5 },
    ],
    "MEDIUM",
  ],
  [undefined, [CVSS, { version: "4.0", vector: "", score: 0 }], "INFORMATIONAL"],
  [undefined, [{ ...CVSS, score: 3.9 }], "LOW"],
  [undefined, [{ ...CVSS, score: 7 }], "HIGH"],
])("a rating of %s with scores %j is %s", (rating, cvss, expected) => {
  expect(severityOf({ rating, cvss })).toBe(expected);
});

const installed = (name: string, version: string, source?: InstalledPackage["source"]): InstalledPackage => ({
  ecosystem: "Debian:12",
  name,
  version,
  ...(source && { source }),
  file: "var/lib/dpkg/status",
  layer: "sha256:1",
});

test("a source package is judged once, by its own version, and records of one vulnerability become one finding", () => {
  const known: readonly AffectedPackage[] = [
    { advisory: "DSA-1-1", names: ["CVE-1", "CVE-2"], versions: [], ranges: [[from("0"), fixed("3.0.11-1~deb12u2")]], cvss: [] },
    { advisory: "DEBIAN-CVE-1", names: ["CVE-1"], versions: [], ranges: [[from("0"), fixed("3.0.11-1~deb12u2")]], cvss: [CVSS] },
    { advisory: "DEBIAN-CVE-3", names: ["CVE-3"], versions: [], ranges: [[from("0"), fixed("3.0.11-1")]], cvss: [CVSS] },
  ];
  const source = { name: "openssl", version: "3.0.11-1~deb12u1" };
  const asked: string[] = [];
  const findings = findVulnerabilities({
    packages: [installed("libssl3", "3.0.11-1~deb12u1+b1", source), installed("openssl", "3.0.11-1~deb12u1+b1", source)],
    affected: (ecosystem, name) => {
      asked.push(`${ecosystem}/${name}`);
      return known;
    },
    order: () => compareDpkgVersions,
  });
  expect(asked).toEqual(["Debian:12/openssl"]);
  const common = { ecosystem: "Debian:12", package: "openssl", version: "3.0.11-1~deb12u1" };
  expect(findings).toEqual([
    { ...common, name: "CVE-1", severity: "CRITICAL", score: CVSS, fixedIn: "3.0.11-1~deb12u2", advisories: ["DEBIAN-CVE-1", "DSA-1-1"] },
    { ...common, name: "CVE-3", severity: "CRITICAL", score: CVSS, fixedIn: "3.0.11-1", advisories: ["DEBIAN-CVE-3"] },
    { ...common, name: "CVE-2", severity: "UNDEFINED", fixedIn: "3.0.11-1~deb12u2", advisories: ["DSA-1-1"] },
  ]);
});

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"', "Debian:12"],
  ["ID=debian\nPRETTY_NAME='Debian GNU/Linux trixie/sid'", undefined],
  ["ID=alpine\nVERSION_ID=3.19.1", "Alpine:v3.19"],
  ["ID=alpine\nVERSION_ID=3.21.0_alpha20240923", undefined],
  ['ID=ubuntu\nVERSION_ID="22.04"\nVERSION="22.04.3 LTS (Jammy Jellyfish)"', "Ubuntu:22.04:LTS"],
  ['ID=ubuntu\nVERSION_ID="23.10"', "Ubuntu:23.10"],
  ["ID=wolfi\nVERSION_ID=20230201", "Wolfi"],
  ["ID=fedora\nVERSION_ID=40", undefined],
  ["", undefined],
])("os-release %j is of %s", (text, ecosystem) => {
  expect(readOsRelease(text).ecosystem).toBe(ecosystem);
});

describe("a repository is scanned as the registry's rules say", () => {
  const rules = (scanType: ScanningRules["scanType"], ...pairs: readonly [ScanningRules["rules"][number]["scanFrequency"], string][]) => ({
    scanType,
    rules: pairs.map(([scanFrequency, filter]) => ({ scanFrequency, filters: [filter] })),
  });

  // The table of the User Guide's page on filters.
  test.each([
    ["prod", ["prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"]],
    ["*prod", ["prod", "repo-prod"]],
    ["prod*", ["prod", "prod-repo", "prodrepo"]],
    ["*prod*", ["prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"]],
    ["prod*repo", ["prod-repo", "prodrepo"]],
    ["prod*d", []],
  ])("the filter %s matches %j", (filter, expected) => {
    const names = ["prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"];
    const applied = (name: string) => scanningOf({ name, scanOnPush: false }, rules("BASIC", ["SCAN_ON_PUSH", filter])).scanOnPush;
    expect(names.filter(applied)).toEqual(expected);
  });

  test("continuous scanning wins, and only basic scanning heeds the repository's own wish", () => {
    const both = rules("ENHANCED", ["SCAN_ON_PUSH", "*"], ["CONTINUOUS_SCAN", "app*"]);
    expect(scanningOf({ name: "app", scanOnPush: false }, both)).toMatchObject({
      scanFrequency: "CONTINUOUS_SCAN",
      appliedFilters: ["app*"],
    });
    expect(scanningOf({ name: "web", scanOnPush: false }, both)).toMatchObject({ scanFrequency: "SCAN_ON_PUSH", appliedFilters: ["*"] });
    expect(scanningOf({ name: "web", scanOnPush: true }, rules("ENHANCED"))).toMatchObject({ scanFrequency: "MANUAL", scanOnPush: false });
    expect(scanningOf({ name: "web", scanOnPush: true }, rules("BASIC"))).toMatchObject({
      scanFrequency: "SCAN_ON_PUSH",
      scanOnPush: true,
    });
  });
});
