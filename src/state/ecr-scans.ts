import type { ScanStatus } from "@aws-sdk/client-ecr";
import type { ScanningRules } from "../decide/scan/scan-frequency.ts";
import type { Finding } from "../decide/scan/findings.ts";
import { type Scope, scopeKey } from "../domain/scope.ts";
import type { InstalledPackage } from "../domain/vulnerability.ts";
import { imageKey, type ImageRecord } from "./ecr.ts";
import type { State } from "./state.ts";
import { accountOfKey, defineTable, ofAccount, shared } from "./table.ts";

// Times in these records are milliseconds since the Unix epoch.

export type ScanType = ScanningRules["scanType"];

/**
 * The last scan of an image. Basic and enhanced scans are kept apart: who switches between them and back finds the former ones again.
 * Findings are short here; what people read of an advisory is asked of the vulnerability data.
 */
export interface ImageScanRecord {
  /** The `repositoryKey` and the digest of the image. */
  readonly repository: string;
  readonly digest: string;
  readonly scanType: ScanType;
  /** `IN_PROGRESS` and `PENDING`: to be carried out, now or after a restart. */
  readonly status: ScanStatus;
  /** For people. */
  readonly description: string;
  readonly requestedAt: number;
  /** Set while a continuous scan is to look at new vulnerability data; what it found before is shown until it has. */
  readonly reassess?: true;
  readonly completedAt?: number;
  /** When the vulnerability data that was asked had last been changed. */
  readonly sourceUpdatedAt?: number;
  readonly findings: readonly FoundVulnerability[];
}

export interface FoundVulnerability extends Finding {
  readonly firstObservedAt: number;
  readonly lastObservedAt: number;
}

/** Whether the scan is to be carried out. */
export function isScanDue({ status, reassess }: ImageScanRecord): boolean {
  return status === "IN_PROGRESS" || status === "PENDING" || reassess === true;
}

/** Asks for a scan of an image: now, or when the server runs again. */
export function requestScan(
  state: State,
  { repository, digest }: Pick<ImageRecord, "repository" | "digest">,
  scanType: ScanType,
  now: number,
): void {
  const scans = state.table(imageScans);
  const known = scans.get(scanKey(repository, digest, scanType));
  const asked = { repository, digest, scanType, status: "IN_PROGRESS", description: "The scan is in progress.", requestedAt: now } as const;
  // What was found before tells when each vulnerability was seen first.
  state.commit(() => scans.put({ ...asked, findings: known?.findings ?? [] }));
}

export function scanKey(repository: string, digest: string, scanType: ScanType): string {
  return `${imageKey(repository, digest)} ${scanType}`;
}

export const imageScans = defineTable<ImageScanRecord>()(
  "ecr.image-scans",
  ({ repository, digest, scanType }) => scanKey(repository, digest, scanType),
  ({ repository }) => accountOfKey(repository),
  { image: ({ repository, digest }) => imageKey(repository, digest), digest: ({ digest }) => digest },
);

/** What is installed in an image. It follows from the digest, so that it is read once, whichever repositories have the image. */
export interface InventoryRecord {
  readonly digest: string;
  /** What its distribution calls itself; absent where the image tells of none. */
  readonly distribution?: string;
  readonly sources: readonly PackageSource[];
}

/** Packages that one file tells of; said once for all of them, since there are many. */
export interface PackageSource extends Pick<InstalledPackage, "file" | "layer"> {
  /** Absent where OSV has no data of that distribution's packages. */
  readonly ecosystem?: string;
  readonly packages: readonly Omit<InstalledPackage, "file" | "layer" | "ecosystem">[];
}

export const inventories = defineTable<InventoryRecord>()("ecr.inventories", ({ digest }) => digest, shared);

/** The packages of an inventory that something can be known of. */
export function packagesOf({ sources }: InventoryRecord): readonly InstalledPackage[] {
  return sources.flatMap(({ ecosystem, file, layer, packages }) =>
    ecosystem === undefined ? [] : packages.map((found) => ({ ...found, ecosystem, file, layer })),
  );
}

export interface RegistryScanningRecord extends Scope, ScanningRules {}

export const registryScanning = defineTable<RegistryScanningRecord>()("ecr.registry-scanning", scopeKey, ofAccount);

/** How a registry scans; basic scanning without rules where nothing was said. */
export function scanningRulesOf(state: State, { account, region }: Scope): ScanningRules {
  return state.table(registryScanning).get(scopeKey({ account, region })) ?? { scanType: "BASIC", rules: [] };
}
