import { createHash } from "node:crypto";
import type { CvssScoreDetails, EnhancedImageScanFinding, VulnerablePackage } from "@aws-sdk/client-ecr";
import { advisedName } from "../../decide/scan/findings.ts";
import { dpkgVersionParts } from "../../decide/scan/dpkg-version.ts";
import { compareSeverities } from "../../decide/scan/severity.ts";
import { arn } from "../../domain/arn.ts";
import { ecosystemFamily, type CvssScore, type InstalledPackage, type Severity } from "../../domain/vulnerability.ts";
import type { VulnerabilityData } from "../../ports/vulnerability-data.ts";
import type { ImageRecord, RepositoryRecord } from "../../state/ecr.ts";
import type { FoundVulnerability, InventoryRecord } from "../../state/ecr-scans.ts";
import { packagesOf } from "../../state/ecr-scans.ts";
import { descriptionOf, uriOf } from "./basic-findings.ts";

/** One vulnerability of an image, with all that it is in. */
export interface Vulnerability {
  readonly name: string;
  readonly severity: Severity;
  readonly score?: CvssScore;
  /** At least one. */
  readonly findings: readonly [FoundVulnerability, ...FoundVulnerability[]];
}

/** Enhanced scans have one finding a vulnerability, however many packages it is in. Worst first. */
export function vulnerabilitiesOf(findings: readonly FoundVulnerability[]): readonly Vulnerability[] {
  const byName = new Map<string, [FoundVulnerability, ...FoundVulnerability[]]>();
  for (const finding of findings) {
    const known = byName.get(finding.name);
    if (known) known.push(finding);
    else byName.set(finding.name, [finding]);
  }
  return [...byName].map(([name, together]) => {
    const worst = together.toSorted((a, b) => compareSeverities(a.severity, b.severity))[0] ?? together[0];
    return { name, severity: worst.severity, ...(worst.score && { score: worst.score }), findings: together };
  });
}

export interface EnhancedView {
  readonly repository: RepositoryRecord;
  readonly image: ImageRecord;
  readonly inventory: InventoryRecord | undefined;
  readonly data: VulnerabilityData;
}

/** A vulnerability as enhanced scans show it, in the shape that Amazon Inspector gives it. */
export function enhancedFinding(vulnerability: Vulnerability, view: EnhancedView): EnhancedImageScanFinding {
  const { name, severity, score, findings } = vulnerability;
  const [first] = findings;
  const { repository, data } = view;
  const texts = findings.flatMap(({ advisories }) => advisories).flatMap((id) => data.advisory(id) ?? []);
  const description = descriptionOf(first, data);
  const lastObservedAt = new Date(Math.max(...findings.map((finding) => finding.lastObservedAt)));
  const packages = findings.flatMap((finding) => vulnerablePackages(finding, view.inventory));
  const fixed = findings.filter(({ fixedIn }) => fixedIn !== undefined).length;
  const published = times(texts.map((text) => text.published));
  const modified = times(texts.map((text) => text.modified));
  return {
    awsAccountId: repository.account,
    findingArn: findingArn(vulnerability, view),
    type: "PACKAGE_VULNERABILITY",
    status: "ACTIVE",
    title: `${name} - ${[...new Set(packages.map((found) => found.name))].join(", ")}`,
    ...(description !== undefined && { description }),
    severity,
    ...(score && { score: score.score, scoreDetails: { cvss: scoreDetails(score, first) } }),
    firstObservedAt: new Date(Math.min(...findings.map(({ firstObservedAt }) => firstObservedAt))),
    lastObservedAt,
    updatedAt: lastObservedAt,
    fixAvailable: fixed === findings.length ? "YES" : fixed === 0 ? "NO" : "PARTIAL",
    remediation: { recommendation: { text: recommendationOf(findings) } },
    packageVulnerabilityDetails: {
      vulnerabilityId: name,
      source: sourceOf(first),
      sourceUrl: uriOf(first),
      ...(published.length > 0 && { vendorCreatedAt: new Date(Math.min(...published)) }),
      ...(modified.length > 0 && { vendorUpdatedAt: new Date(Math.max(...modified)) }),
      cvss: score ? [{ baseScore: score.score, scoringVector: score.vector, version: score.version, source: sourceOf(first) }] : [],
      referenceUrls: [...new Set(texts.flatMap(({ references }) => references))],
      relatedVulnerabilities: [...new Set(texts.map(({ id }) => id))].filter((id) => id !== name),
      vulnerablePackages: packages,
    },
    resources: [resourceOf(view)],
  };
}

/** The same finding has the same ARN, at each scan. */
function findingArn({ name }: Vulnerability, { repository, image }: EnhancedView): string {
  const id = createHash("sha256").update(`${image.repository}@${image.digest}/${name}`).digest("hex").slice(0, 32);
  return arn("inspector2", repository, `finding/${id}`);
}

function vulnerablePackages(finding: FoundVulnerability, inventory: InventoryRecord | undefined): VulnerablePackage[] {
  const installed = (inventory ? packagesOf(inventory) : []).filter((candidate) => isOf(candidate, finding));
  return installed.map((found) => ({
    ...versionOf(found),
    name: found.name,
    ...(found.architecture !== undefined && { arch: found.architecture.toUpperCase() }),
    filePath: found.file,
    packageManager: PACKAGE_MANAGERS[found.ecosystem] ?? "OS",
    sourceLayerHash: found.layer,
    fixedInVersion: finding.fixedIn ?? "NotAvailable",
  }));
}

/** As Amazon Inspector calls what it reads from the files of installed packages. */
const PACKAGE_MANAGERS: Readonly<Partial<Record<string, string>>> = { npm: "NODEPKG", PyPI: "PYTHONPKG" };

function isOf(installed: InstalledPackage, { ecosystem, package: name, version }: FoundVulnerability): boolean {
  const advised = advisedName(installed);
  return installed.ecosystem === ecosystem && advised.name === name && advised.version === version;
}

/** A distribution's version in its parts. */
function versionOf({ ecosystem, version }: InstalledPackage): Pick<VulnerablePackage, "epoch" | "version" | "release"> {
  if (PACKAGE_MANAGERS[ecosystem] !== undefined) return { epoch: 0, version };
  const { epoch, upstream, revision } = dpkgVersionParts(version);
  return { epoch: Number(epoch), version: upstream, ...(revision !== "" && { release: revision }) };
}

function scoreDetails(score: CvssScore, finding: FoundVulnerability): CvssScoreDetails {
  return { adjustments: [], score: score.score, scoreSource: sourceOf(finding), scoringVector: score.vector, version: score.version };
}

/** `DEBIAN_CVE`, as Amazon Inspector names its sources. */
function sourceOf({ ecosystem }: FoundVulnerability): string {
  return PACKAGE_MANAGERS[ecosystem] === undefined ? `${ecosystemFamily(ecosystem).toUpperCase()}_CVE` : "OSV";
}

function recommendationOf(findings: readonly FoundVulnerability[]): string {
  const updates = findings.flatMap(({ package: name, fixedIn }) => (fixedIn === undefined ? [] : [`${name} to ${fixedIn}`]));
  return updates.length > 0 ? `Update ${updates.join(", ")}.` : "None Provided";
}

function resourceOf({ repository, image, inventory }: EnhancedView) {
  return {
    type: "AWS_ECR_CONTAINER_IMAGE",
    id: `${repository.arn}/${image.digest}`,
    details: {
      awsEcrContainerImage: {
        imageHash: image.digest,
        imageTags: [...image.tags],
        ...(inventory?.distribution !== undefined && { platform: inventory.distribution }),
        pushedAt: new Date(image.pushedAt),
        registry: repository.account,
        repositoryName: repository.name,
      },
    },
  };
}

function times(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}
