import type { FindingSeverity, ImageDetail, ImageScanFindingsSummary } from "@aws-sdk/client-ecr";
import { SEVERITIES, type Severity } from "../../domain/vulnerability.ts";
import type { ImageRecord, RepositoryRecord } from "../../state/ecr.ts";
import { imageScans, scanKey, scanningRulesOf, type ImageScanRecord } from "../../state/ecr-scans.ts";
import type { State } from "../../state/state.ts";
import { vulnerabilitiesOf } from "./enhanced-findings.ts";

/** The last scan of the kind that the registry makes now. */
export function scanOf(state: State, repository: RepositoryRecord, image: ImageRecord): ImageScanRecord | undefined {
  return state.table(imageScans).get(scanKey(image.repository, image.digest, scanningRulesOf(state, repository).scanType));
}

/** What DescribeImages tells of an image's scan. */
export function scanDetail(state: State, repository: RepositoryRecord, image: ImageRecord): Partial<ImageDetail> {
  const scan = scanOf(state, repository, image);
  if (!scan) return {};
  const summary = summaryOf(scan);
  return {
    imageScanStatus: { status: scan.status, description: scan.description },
    ...(summary && { imageScanFindingsSummary: summary }),
  };
}

/** Nothing where the scan has no result: an empty one would read as a clean image. */
export function summaryOf(scan: ImageScanRecord): ImageScanFindingsSummary | undefined {
  const { completedAt, sourceUpdatedAt, scanType, findings } = scan;
  if (completedAt === undefined) return undefined;
  const severities = (scanType === "BASIC" ? findings : vulnerabilitiesOf(findings)).map(({ severity }) => severity);
  return {
    imageScanCompletedAt: new Date(completedAt),
    ...(sourceUpdatedAt !== undefined && { vulnerabilitySourceUpdatedAt: new Date(sourceUpdatedAt) }),
    findingSeverityCounts: countsOf(severities),
  };
}

/** Severities that nothing has are left out. */
function countsOf(severities: readonly Severity[]): Partial<Record<FindingSeverity, number>> {
  const counted = SEVERITIES.map((severity) => [severity, severities.filter((other) => other === severity).length] as const);
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}
