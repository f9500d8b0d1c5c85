import { describe, expect, test } from "vitest";
import { memoryVulnerabilityData } from "../../drivers/memory/vulnerability-data.ts";
import type { ImageScanRecord, InventoryRecord, PackageSource } from "../../state/ecr-scans.ts";
import { osvRecord } from "../../testing/osv-records.ts";
import { assess } from "./assess.ts";
import { scanOutcome } from "./scan-outcome.ts";
import { versionOrder } from "./version-orders.ts";

const MARCH = Date.parse("2026-03-01T12:00:00Z");
const APRIL = Date.parse("2026-04-01T12:00:00Z");

const source = (ecosystem: string | undefined, ...names: readonly string[]): PackageSource => {
  const packages = names.map((name) => ({ name, version: "1.0", source: { name, version: "1.0" } }));
  return { file: "f", layer: "sha256:l", ...(ecosystem === undefined ? {} : { ecosystem }), packages } as unknown as PackageSource;
};
const inventory = (sources: readonly PackageSource[], distribution?: string): InventoryRecord => ({
  digest: "sha256:m",
  sources,
  ...(distribution === undefined ? {} : { distribution }),
});
const zlib = osvRecord({ id: "CVE-2026-1", ecosystem: "Debian:12", name: "zlib" });
const left = osvRecord({ id: "GHSA-1", ecosystem: "npm", name: "left", more: { modified: "2026-04-01T12:00:00Z" } });

/** @param records what was imported; nothing ever where absent */
function assessed(sources: readonly PackageSource[], records?: readonly object[], distribution?: string) {
  const data = memoryVulnerabilityData();
  if (records) data.take(records);
  return assess(inventory(sources, distribution), data);
}

describe("an image is not called clean where nothing is known of it:", () => {
  test.each<[string, Parameters<typeof assessed>, object]>([
    ["no packages", [[], [zlib]], { kind: "unsupported", reason: expect.stringMatching(/are not supported\.$/) }],
    [
      "no packages of a distribution",
      [[], [zlib], "Own Linux 1"],
      { kind: "unsupported", reason: expect.stringMatching(/ \(Own Linux 1\)$/) },
    ],
    ["packages of a distribution that has no names", [[source(undefined, "a"), source("npm", "left")], [left]], { kind: "unsupported" }],
    [
      "nothing imported",
      [[source("npm", "left")]],
      { kind: "unknown", reason: expect.stringContaining("No vulnerability data has been imported") },
    ],
    [
      "nothing of its ecosystem",
      [[source("npm", "left")], [zlib]],
      { kind: "unknown", reason: expect.stringContaining("has nothing of npm. Import") },
    ],
    [
      "nothing of its distribution",
      [[source("npm", "left"), source("Debian:12", "zlib"), source("Alpine:v3.20", "musl")], [left]],
      { kind: "unknown", reason: expect.stringContaining("has nothing of Alpine:v3.20, Debian:12.") },
    ],
  ])("%s", (_what, given, expected) => {
    expect(assessed(...given)).toMatchObject(expected);
  });

  test("an index is none", () => {
    expect(assess(undefined, memoryVulnerabilityData())).toMatchObject({
      kind: "no-image",
      reason: expect.stringContaining("Manifest lists"),
    });
  });
});

describe("an image of which something is known", () => {
  test("has the findings of its packages, and says how old the data of its own ecosystems is", () => {
    const found = assessed([source("Debian:12", "zlib")], [zlib, left]);
    expect(found).toMatchObject({ kind: "assessed", findings: [{ name: "CVE-2026-1" }], sourceUpdatedAt: MARCH });
    expect(found).not.toHaveProperty("remark");
    expect(assessed([source("Debian:12", "zlib"), source("npm", "left")], [zlib, left])).toMatchObject({ sourceUpdatedAt: APRIL });
  });

  test("is told of a language of which there is no data, and judged by the rest", () => {
    const found = assessed([source("Debian:12", "zlib"), source("npm", "left"), source("PyPI", "right")], [zlib]);
    expect(found).toMatchObject({ kind: "assessed", remark: expect.stringContaining("Packages of PyPI, npm were not judged") });
  });
});

describe("the record of a scan that ended", () => {
  const finding = { name: "CVE-2026-1", package: "zlib", version: "1.0" } as never;
  const RECORD: ImageScanRecord = {
    ...{ repository: "r", digest: "sha256:m", scanType: "BASIC", status: "IN_PROGRESS", description: "", requestedAt: 1, reassess: true },
    ...{ completedAt: 2, sourceUpdatedAt: 3, findings: [{ ...(finding as object), firstObservedAt: 2, lastObservedAt: 2 } as never] },
  };
  const ENDED = { repository: "r", digest: "sha256:m", requestedAt: 1, findings: [] };

  test.each([
    ["unreadable", "BASIC", "FAILED"],
    ["unreadable", "ENHANCED", "FAILED"],
    ["unknown", "ENHANCED", "FAILED"],
    ["no-image", "BASIC", "UNSUPPORTED_IMAGE"],
    ["unsupported", "BASIC", "FAILED"],
    ["unsupported", "ENHANCED", "UNSUPPORTED_IMAGE"],
  ] as const)("of what is %s, %s, is %s, says why, and keeps nothing of the scan before", (kind, scanType, status) => {
    const record = scanOutcome({ ...RECORD, scanType }, { kind, reason: "why" }, true, 9);
    expect(record).toStrictEqual({ ...ENDED, scanType, status, description: "why" });
  });

  test.each([
    [false, undefined, "COMPLETE", "The scan was completed successfully."],
    [true, undefined, "ACTIVE", "Continuous scan is selected for image."],
    [false, "But.", "COMPLETE", "The scan was completed successfully. But."],
  ] as const)("that is continuous %s, with the remark %s, is %s", (continuous, remark, status, description) => {
    const outcome = { kind: "assessed", findings: [finding], sourceUpdatedAt: 5, ...(remark === undefined ? {} : { remark }) } as const;
    expect(scanOutcome(RECORD, outcome, continuous, 9)).toStrictEqual({
      ...ENDED,
      ...{ scanType: "BASIC", status, description, completedAt: 9, sourceUpdatedAt: 5 },
      findings: [{ ...(finding as object), firstObservedAt: 2, lastObservedAt: 9 }],
    });
  });

  test.each([{ name: "CVE-2026-2" }, { package: "libz" }, { version: "1.1" }])("has a finding with %j as new", (changes) => {
    const found = { ...(finding as object), ...changes } as never;
    const record = scanOutcome(RECORD, { kind: "assessed", findings: [found], sourceUpdatedAt: 5 }, false, 9);
    expect(record.findings).toMatchObject([{ firstObservedAt: 9, lastObservedAt: 9 }]);
  });
});

describe("versions are ordered as their ecosystem orders them", () => {
  test.each([
    ["Debian:12", "1.0~rc1", "1.0"],
    ["Ubuntu:22.04:LTS", "1.0-1", "1.0-1ubuntu1"],
    ["Alpine:v3.20", "1.0_rc1", "1.0"],
    ["Wolfi", "1.0-r1", "1.0-r2"],
    ["Chainguard", "1.9-r0", "1.10-r0"],
    ["npm", "1.0.0-beta.2", "1.0.0-beta.11"],
    ["npm", "mine", "0.0.1"],
    ["PyPI", "1.0rc1", "1.0"],
  ])("in %s %s is before %s", (ecosystem, before, after) => {
    const order = versionOrder(ecosystem);
    expect(order?.(before, after)).toBeLessThan(0);
    expect(order?.(after, before)).toBeGreaterThan(0);
    expect(order?.(after, after)).toBe(0);
  });

  test("what is no version is as good as another that is none", () => {
    expect(versionOrder("npm")?.("mine", "yours")).toBe(0);
  });

  test.each(["Own", "constructor", "toString", ""])("of %s nothing is known", (ecosystem) => {
    expect(versionOrder(ecosystem)).toBeUndefined();
  });
});
