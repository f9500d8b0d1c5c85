import { describe, expect, test } from "vitest";
import type { ImageScanRecord } from "../../state/ecr-scans.ts";
import { scanOutcome, type Outcome } from "./scan-outcome.ts";

const NOW = 5000;
const finding = { name: "CVE-1", package: "zlib", version: "1" } as const;
const record = {
  ...{ repository: "r", digest: "sha256:a", scanType: "BASIC", status: "IN_PROGRESS", requestedAt: 1, reassess: true },
  ...{ completedAt: 2, sourceUpdatedAt: 3, findings: [{ ...finding, firstObservedAt: 1000, lastObservedAt: 1000 }] },
} as unknown as ImageScanRecord;
const kept = { repository: "r", digest: "sha256:a", requestedAt: 1 };
const outcome = (of: Outcome, scanType: "BASIC" | "ENHANCED" = "BASIC", continuous = false) =>
  scanOutcome({ ...record, scanType }, of, continuous, NOW);

test.each<[Outcome["kind"], "BASIC" | "ENHANCED", string]>([
  ["unreadable", "BASIC", "FAILED"],
  ["unreadable", "ENHANCED", "FAILED"],
  ["unknown", "BASIC", "FAILED"],
  ["no-image", "BASIC", "UNSUPPORTED_IMAGE"],
  ["no-image", "ENHANCED", "UNSUPPORTED_IMAGE"],
  ["unsupported", "BASIC", "FAILED"],
  ["unsupported", "ENHANCED", "UNSUPPORTED_IMAGE"],
])("what is %s, in a %s scan, is %s: it says why, and nothing of what was found before", (kind, scanType, status) => {
  expect(outcome({ kind, reason: "because" } as Outcome, scanType)).toEqual({
    ...kept,
    scanType,
    status,
    description: "because",
    findings: [],
  });
});

describe("what was assessed", () => {
  const assessed = (more: object = {}): Outcome => ({ kind: "assessed", findings: [], sourceUpdatedAt: 4000, ...more }) as Outcome;

  test.each([
    [false, "COMPLETE", "The scan was completed successfully."],
    [true, "ACTIVE", "Continuous scan is selected for image."],
  ])("continuously: %s, is %s", (continuous, status, description) => {
    const over = { ...kept, status, description, completedAt: NOW, sourceUpdatedAt: 4000, findings: [] };
    expect(outcome(assessed(), "ENHANCED", continuous)).toEqual({ ...over, scanType: "ENHANCED" });
    expect(outcome(assessed({ remark: "But." }), "ENHANCED", continuous).description).toBe(`${description} But.`);
  });

  test.each([
    ["the same", finding, 1000],
    ["another vulnerability", { ...finding, name: "CVE-2" }, NOW],
    ["another package", { ...finding, package: "bash" }, NOW],
    ["another version", { ...finding, version: "2" }, NOW],
  ])("keeps when %s was first seen", (_what, found, firstObservedAt) => {
    expect(outcome(assessed({ findings: [found] })).findings).toEqual([{ ...found, firstObservedAt, lastObservedAt: NOW }]);
  });
});
