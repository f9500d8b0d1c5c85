import type { FoundVulnerability, ImageScanRecord } from "../../state/ecr-scans.ts";
import type { Assessment } from "./assess.ts";

/** What became of a scan. */
export type Outcome = Assessment | { readonly kind: "unreadable"; readonly reason: string };

/**
 * The record of a scan that ended. Basic scans of what is not supported fail, as on ECR, where a client that waits for the scan is told at
 * once; enhanced ones have a status for it.
 */
export function scanOutcome(record: ImageScanRecord, outcome: Outcome, continuous: boolean, now: number): ImageScanRecord {
  const { sourceUpdatedAt: _updated, completedAt: _completed, reassess: _reassess, ...rest } = record;
  switch (outcome.kind) {
    case "unreadable":
    case "unknown":
      return { ...rest, status: "FAILED", description: outcome.reason, findings: [] };
    case "no-image":
      return { ...rest, status: "UNSUPPORTED_IMAGE", description: outcome.reason, findings: [] };
    case "unsupported":
      return {
        ...rest,
        status: record.scanType === "ENHANCED" ? "UNSUPPORTED_IMAGE" : "FAILED",
        description: outcome.reason,
        findings: [],
      };
    case "assessed": {
      const told = continuous ? "Continuous scan is selected for image." : "The scan was completed successfully.";
      return {
        ...rest,
        status: continuous ? "ACTIVE" : "COMPLETE",
        description: outcome.remark === undefined ? told : `${told} ${outcome.remark}`,
        completedAt: now,
        sourceUpdatedAt: outcome.sourceUpdatedAt,
        findings: outcome.findings.map((finding) => ({
          ...finding,
          firstObservedAt: observedBefore(record, finding) ?? now,
          lastObservedAt: now,
        })),
      };
    }
  }
}

function observedBefore(
  { findings }: ImageScanRecord,
  { name, package: named, version }: Omit<FoundVulnerability, "firstObservedAt" | "lastObservedAt">,
) {
  return findings.find((known) => known.name === name && known.package === named && known.version === version)?.firstObservedAt;
}
