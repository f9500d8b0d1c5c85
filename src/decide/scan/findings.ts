import type { AffectedPackage, CvssScore, InstalledPackage, Severity } from "../../domain/vulnerability.ts";
import { fixedIn, isAffected, type VersionOrder } from "./affected.ts";
import { compareSeverities, latestScore, severityOf } from "./severity.ts";

/** One vulnerability of one package, whichever and however many records tell of it. */
export interface Finding {
  /** Such as `CVE-2024-3094`. */
  readonly name: string;
  readonly ecosystem: string;
  /** The package that the advisories name: the source package, for a distribution. */
  readonly package: string;
  readonly version: string;
  readonly severity: Severity;
  readonly score?: CvssScore;
  readonly fixedIn?: string;
  /** The records that tell of it, sorted. */
  readonly advisories: readonly string[];
}

export interface ScanView {
  readonly packages: readonly InstalledPackage[];
  /** What is known against a package, withdrawn records left out. */
  readonly affected: (ecosystem: string, name: string) => readonly AffectedPackage[];
  /** How the ecosystem orders versions; `undefined` where that is not known. */
  readonly order: (ecosystem: string) => VersionOrder | undefined;
}

/** What is known against the packages, worst first, then by name and package. Equal views give equal findings. */
export function findVulnerabilities({ packages, affected, order }: ScanView): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const { ecosystem, name, version } of advisedPackages(packages)) {
    const compare = order(ecosystem);
    if (!compare) continue;
    for (const candidate of affected(ecosystem, name)) {
      if (!isAffected(version, candidate, compare)) continue;
      const fixed = fixedIn(version, candidate, compare);
      for (const finding of findingsOf(candidate, { ecosystem, package: name, version, ...(fixed !== undefined && { fixedIn: fixed }) })) {
        const key = JSON.stringify([finding.name, ecosystem, name, version]);
        const known = found.get(key);
        found.set(key, known ? merged(known, finding, compare) : finding);
      }
    }
  }
  return [...found.values()].sort(
    (a, b) =>
      compareSeverities(a.severity, b.severity) ||
      compareText(a.name, b.name) ||
      compareText(a.package, b.package) ||
      compareText(a.version, b.version),
  );
}

/** What advisories call the package: its source package, where it was built from one. */
export function advisedName({ name, version, source }: InstalledPackage): { readonly name: string; readonly version: string } {
  return source ?? { name, version };
}

/** Each package that advisories may name once, although many binary packages come from it. */
function advisedPackages(packages: readonly InstalledPackage[]) {
  const advised = packages.map((installed) => ({ ecosystem: installed.ecosystem, ...advisedName(installed) }));
  return new Map(advised.map((entry) => [JSON.stringify([entry.ecosystem, entry.name, entry.version]), entry])).values();
}

type Where = Pick<Finding, "ecosystem" | "package" | "version" | "fixedIn">;

function findingsOf(candidate: AffectedPackage, where: Where): readonly Finding[] {
  const score = latestScore(candidate.cvss);
  const severity = severityOf(candidate);
  return candidate.names.map((name) => ({ name, ...where, severity, ...(score && { score }), advisories: [candidate.advisory] }));
}

/** Several records of one vulnerability: the worst rating, the earliest version in which all of it is fixed. */
function merged(a: Finding, b: Finding, order: VersionOrder): Finding {
  const [worse, other] = compareSeverities(a.severity, b.severity) <= 0 ? [a, b] : [b, a];
  const score = worse.score ?? other.score;
  const fixes = [a.fixedIn, b.fixedIn].filter((version) => version !== undefined).toSorted(order);
  const { fixedIn: _fixedIn, score: _score, ...rest } = worse;
  return {
    ...rest,
    ...(score && { score }),
    ...(fixes.length === 2 && fixes[1] !== undefined && { fixedIn: fixes[1] }),
    ...(fixes.length === 1 && fixes[0] !== undefined && { fixedIn: fixes[0] }),
    advisories: [...new Set([...a.advisories, ...b.advisories])].sort(),
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
