import { findVulnerabilities, type Finding } from "../../decide/scan/findings.ts";
import { ecosystemFamily } from "../../domain/vulnerability.ts";
import type { VulnerabilityData } from "../../ports/vulnerability-data.ts";
import { packagesOf, type InventoryRecord } from "../../state/ecr-scans.ts";
import { versionOrder } from "./version-orders.ts";

/**
 * `no-image`: an index, or another artifact. `unsupported`: nothing is known here of such images. `unknown`: what is needed to judge was not
 * imported. Reasons are for people.
 */
export type Assessment =
  | { readonly kind: "no-image"; readonly reason: string }
  | { readonly kind: "unsupported"; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: string }
  | { readonly kind: "assessed"; readonly findings: readonly Finding[]; readonly sourceUpdatedAt: number; readonly remark?: string };

/** As ECR says it. */
const UNSUPPORTED = "UnsupportedImageError: The operating system and/or package manager are not supported.";

const ADVICE = "Import OSV's all.zip files with `airfield vulndb import`, then scan again.";

/** Finding nothing counts only where there is data of what was looked at: all else is told apart from a clean image. */
export function assess(inventory: InventoryRecord | undefined, data: VulnerabilityData): Assessment {
  if (!inventory)
    return { kind: "no-image", reason: "Manifest lists and other artifacts are not scanned; the images that a list names are." };
  const packages = packagesOf(inventory);
  const systemUnsupported = inventory.sources.some(({ ecosystem }) => ecosystem === undefined);
  if (packages.length === 0 || systemUnsupported)
    return {
      kind: "unsupported",
      reason: inventory.distribution === undefined ? UNSUPPORTED : `${UNSUPPORTED} (${inventory.distribution})`,
    };
  const status = data.status();
  if (!status) return { kind: "unknown", reason: `No vulnerability data has been imported, so nothing is known of this image. ${ADVICE}` };
  const ecosystems = [...new Set(packages.map(({ ecosystem }) => ecosystem))];
  const missing = ecosystems.filter((ecosystem) => !data.covers(ecosystem)).sort();
  // The distribution's packages are what most of an image is: without data of them, there is no verdict.
  if (missing.length === ecosystems.length || missing.some((ecosystem) => !LANGUAGES.has(ecosystem)))
    return { kind: "unknown", reason: `The imported vulnerability data has nothing of ${missing.join(", ")}. ${ADVICE}` };
  const findings = findVulnerabilities({
    packages,
    affected: (ecosystem, name) => data.affected(ecosystem, name),
    order: versionOrder,
  });
  const families = new Set(ecosystems.map(ecosystemFamily));
  const updated = status.ecosystems.filter(({ name }) => families.has(name)).map(({ updatedAt }) => updatedAt);
  return {
    kind: "assessed",
    findings,
    sourceUpdatedAt: Math.max(...updated),
    ...(missing.length > 0 && {
      remark: `Packages of ${missing.join(", ")} were not judged: the imported vulnerability data has nothing of them.`,
    }),
  };
}

const LANGUAGES: ReadonlySet<string> = new Set(["npm", "PyPI"]);
