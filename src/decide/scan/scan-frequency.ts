import { globMatches, parseStars } from "../../domain/wildcard.ts";

/** How a registry has its repositories scanned. Source: Amazon ECR User Guide, "Filters to choose which repositories are scanned". */
export interface ScanningRules {
  readonly scanType: "BASIC" | "ENHANCED";
  readonly rules: readonly ScanningRule[];
}

export interface ScanningRule {
  readonly scanFrequency: ScanFrequency;
  readonly filters: readonly string[];
}

export type ScanFrequency = "SCAN_ON_PUSH" | "CONTINUOUS_SCAN" | "MANUAL";

export interface AppliedScanning {
  readonly scanFrequency: ScanFrequency;
  readonly scanOnPush: boolean;
  readonly appliedFilters: readonly string[];
}

/**
 * What the rules say of a repository: continuous scanning wins over scanning on push. Under basic scanning, a repository may ask for itself
 * to be scanned on push. One that no rule names is scanned by hand alone.
 */
export function scanningOf(repository: { readonly name: string; readonly scanOnPush: boolean }, rules: ScanningRules): AppliedScanning {
  const matching = (frequency: ScanFrequency): readonly string[] =>
    rules.rules
      .filter(({ scanFrequency }) => scanFrequency === frequency)
      .flatMap(({ filters }) => filters.filter((filter) => matchesFilter(repository.name, filter)));
  for (const scanFrequency of ["CONTINUOUS_SCAN", "SCAN_ON_PUSH"] as const) {
    const appliedFilters = matching(scanFrequency);
    if (appliedFilters.length > 0) return { scanFrequency, scanOnPush: true, appliedFilters };
  }
  const asked = rules.scanType === "BASIC" && repository.scanOnPush;
  return { scanFrequency: asked ? "SCAN_ON_PUSH" : "MANUAL", scanOnPush: asked, appliedFilters: [] };
}

/** A filter without a wildcard matches every name that contains it; `*` stands for any characters, also none. */
function matchesFilter(name: string, filter: string): boolean {
  return filter.includes("*") ? globMatches(parseStars(filter), name) : name.includes(filter);
}
